"""Stand-ins that stand: what arrives is kept, by whoever has their addresses, and outlives them."""

from __future__ import annotations

import json
import os
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.evidence import Mail, SlackMessage
from autograder.session import CONNECTIONS
from autograder.stack import shelf as shelves
from autograder.stack.shelf import Shelf
from autograder.stack.standing import VARIABLE, Standing, environments


@pytest.fixture
def standing(tmp_path: Path) -> Iterator[Standing]:
    made = Standing(tmp_path)
    made.start()
    yield made
    made.stop()


def send(environment: dict[str, str], subject: str = "Failed") -> None:
    to = json.loads(environment["AIRFLOW_CONN_SMTP_DEFAULT"])
    with smtplib.SMTP(to["host"], to["port"], timeout=5) as client:
        client.login(to["login"], to["password"])
        client.sendmail("airflow@example.com", ["team@example.com"], f"Subject: {subject}\r\n\r\nIt failed.")


def mails(work: Path) -> list[Mail]:
    shelf = Shelf(work)
    found = [shelf.read("mails", name) for name in shelf.names("mails")]
    return [one for one in found if isinstance(one, Mail)]


def test_a_mail_is_kept_and_outlives_the_stand_ins(standing: Standing, tmp_path: Path) -> None:
    send(standing.environments["worker"], "Failed: load")
    send(standing.environments["DAG processor"], "Failed: extract")
    send(standing.environment, "By hand")
    standing.stop()
    assert [(mail.subject, mail.component) for mail in mails(tmp_path)] == [
        ("By hand", None),
        ("Failed: extract", "DAG processor"),
        ("Failed: load", "worker"),
    ]


def test_the_newest_are_kept(standing: Standing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelves, "KEPT", 3)
    for number in range(5):
        send(standing.environment, f"Mail {number}")
    assert [mail.subject for mail in mails(tmp_path)] == ["Mail 4", "Mail 3", "Mail 2"]


def test_what_another_version_has_kept_is_passed_over(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    folder = tmp_path / ".cache" / "deliveries" / "slack"
    folder.mkdir(parents=True)
    (folder / "0001.json").write_text('{"version": 2}')
    assert shelf.names("slack") == ["0001.json"]
    assert shelf.read("slack", "0001.json") is None
    assert shelf.read("slack", "0002.json") is None


def test_every_connection_works_in_airflow(standing: Standing, tmp_path: Path) -> None:
    """With Airflow's own hooks, in a process that has nothing but the environment."""
    script = """
import coursekit
from airflow.providers.slack.hooks.slack import SlackHook
from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook
from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.sdk import BaseHook
import urllib.request
with SmtpHook(smtp_conn_id="smtp_default") as hook:
    hook.send_email_smtp(to="team@example.com", subject="By the hook", html_content="<p>It failed.</p>")
for name in ("slack_default", "slack_webhook"):
    SlackWebhookHook(slack_webhook_conn_id=name).send_text(f"through {name}")
SlackHook(slack_conn_id="slack_api_default").call("chat.postMessage", json={"channel": "#alerts", "text": "by the API"})
monitoring = BaseHook.get_connection("monitoring")
request = urllib.request.Request(f"http://{monitoring.host}:{monitoring.port}/events", b"{}")
request.add_header("X-Api-Key", monitoring.password)
assert urllib.request.urlopen(request).status == 200
lease = coursekit.connect("database")
assert not lease.id.startswith("local")
lease.close()
"""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    home = {"AIRFLOW_HOME": str(tmp_path / "home"), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**kept, **home, **standing.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (mail,) = mails(tmp_path)
    assert (mail.subject, mail.html) == ("By the hook", "<p>It failed.</p>")
    shelf = Shelf(tmp_path)
    said = [shelf.read("slack", name) for name in reversed(shelf.names("slack"))]
    assert [one.text for one in said if isinstance(one, SlackMessage)] == [
        "through slack_default",
        "through slack_webhook",
        "by the API",
    ]


def test_old_leases_make_room(standing: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing._ledger, "limit", 2)
    script = "import coursekit; [coursekit.connect('database') for _ in range(5)]"
    subprocess.run([sys.executable, "-c", script], env=os.environ | standing.environment, check=True)


def test_whoever_inherits_the_environment_finds_every_component_s_address(standing: Standing) -> None:
    assert environments(standing.environment) == standing.environments
    ids = {f"AIRFLOW_CONN_{name.upper()}" for name in CONNECTIONS}
    assert ids < standing.environment.keys()
    passwords = {
        json.loads(found["AIRFLOW_CONN_SMTP_DEFAULT"])["password"] for found in standing.environments.values()
    }
    assert len(passwords) == 5
    assert oct(Path(standing.environment[VARIABLE]).stat().st_mode)[-3:] == "600"


def test_stand_ins_that_are_gone_are_nobody_s(standing: Standing, tmp_path: Path) -> None:
    environment = standing.environment
    standing.stop()
    assert environments(environment) is None
    assert environments({}) is None
    ended = subprocess.Popen(["true"])
    ended.wait()
    left = tmp_path / ".cache" / "stand-ins" / f"{ended.pid}.json"
    left.write_text(json.dumps({"pid": ended.pid, "environments": {}}))
    assert environments({VARIABLE: str(left)}) is None
    again = Standing(tmp_path)
    again.start()
    assert not left.exists()
    again.stop()
