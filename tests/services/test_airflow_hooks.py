"""Airflow's own hooks get through with the connections we hand out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from autograder.scenario import answers, refuses

SETUP = """
from airflow.providers.slack.hooks.slack import SlackHook
from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook
from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.sdk import BaseHook
"""

EACH_HOOK = """
with SmtpHook("mail") as hook:
    hook.send_email_smtp(to="team@example.com", subject="Failed: ä", html_content="<p>ti &amp; <b>x</b></p>")
SlackWebhookHook(slack_webhook_conn_id="webhook").send(text="It failed.")
SlackHook(slack_conn_id="api").client.chat_postMessage(channel="#alerts", text="It failed.")
print(SlackHook(slack_conn_id="api").test_connection(), SmtpHook("mail").test_connection())

import urllib.request
conn = BaseHook.get_connection("monitoring")
request = urllib.request.Request(
    f"{conn.schema}://{conn.host}:{conn.port}/events", b"{}", {"Authorization": f"Bearer {conn.password}"}
)
print(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5).status)

from airflow.sdk.observability.stats import Stats
Stats.incr("my.failures", tags={"kind": "transient"})
"""

UNWELL = """
def tried(action):
    try:
        action()
    except Exception as error:
        print("tried:", type(error).__name__, str(error)[:200].replace("\\n", " "))

def mail():
    with SmtpHook("mail") as hook:
        hook.send_email_smtp(to="team@example.com", subject="x", html_content="x")

tried(mail)
tried(lambda: SlackWebhookHook(slack_webhook_conn_id="webhook").send(text="x"))
"""


def hooks(rig, child, code: str, home: Path) -> str:
    kinds = {"mail": "smtp", "webhook": "slack", "api": "slack_api", "monitoring": "monitoring"}
    connections = {
        f"AIRFLOW_CONN_{name.upper()}": json.dumps(rig.services.connection(kind, child))
        for name, kind in kinds.items()
    }
    done = subprocess.run(
        [sys.executable, "-c", SETUP + code],
        env=os.environ
        | child.environ
        | connections
        | {"AIRFLOW_HOME": str(home), "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_hook_delivers(rig, tmp_path):
    child = rig.child(phase="after")
    out = hooks(rig, child, EACH_HOOK, tmp_path)
    assert out.count("(True, ") == 2
    assert "200" in out
    assert "masking" not in out
    collected = rig.collect()
    (mail,) = collected.mails
    assert (mail.subject, mail.text, mail.sender) == ("Failed: ä", "ti & x", child.keys.sender)
    assert [(m.door, m.text, m.status, m.error) for m in collected.slack] == [
        ("webhook", "It failed.", 200, ""),
        ("web_api", "It failed.", 200, ""),
    ]
    assert [(post.path, post.authorized) for post in collected.posts] == [("/events", True)]
    assert "airflow.my.failures" in [metric.name for metric in collected.metrics]
    for record in [mail, *collected.slack, *collected.posts, *collected.metrics]:
        assert (record.execution, record.phase) == (1, "after")


def test_stand_ins_that_are_unwell_are_noticed_at_once(rig, tmp_path):
    def tried():
        lines = hooks(rig, rig.child(), UNWELL, tmp_path).splitlines()
        return [line.removeprefix("tried: ") for line in lines if line.startswith("tried: ")]

    rig.begin(mail=answers(554), slack=answers(500))
    mail, slack = tried()
    assert mail.startswith("SMTPDataError (554")
    assert slack.startswith("AirflowException Response body: 'answered as")
    rig.begin(mail=refuses(), slack=refuses())
    mail, slack = tried()
    assert mail.startswith("ConnectionRefusedError")
    assert "refused" in slack
