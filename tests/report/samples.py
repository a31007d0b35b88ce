# ruff: noqa: E501
"""Results and evidence as grading makes them, by hand: all outcomes, and what a hostile submission might put in."""

from __future__ import annotations

from typing import Any

from autograder.evidence import (
    CallbackCall,
    CallError,
    DeadlineRecord,
    Evidence,
    Execution,
    Isolation,
    LeaseRecord,
    LeftFile,
    LogEvent,
    Mail,
    Metric,
    Post,
    Problem,
    SlackMessage,
    TaskRecord,
    Transition,
)
from autograder.faults import hangs, loses_worker, raises, succeeds, takes
from autograder.jail import layers
from autograder.result import CheckResult, EvidenceLine, PartResult, Result, Versions
from autograder.scenario import Scenario, answers, marked, responds

HOSTILE = "<script>alert(1)</script> [bold red]x[/] \x1b[2J\x1b]8;;https://evil.example\x07 \u202egnp.exe\u202c \x00"
"""Markup of HTML, of rich, escape sequences of a terminal, a right-to-left override, a NUL."""

EPOCH = "2026-01-01T00:00:00+00:00"
MAIL, SLACK = "email_notification", "slack_notification"
JAILED = Isolation(
    layer="A",
    active=["own file system", "own processes", "own network", "Landlock", "seccomp"],
    self_test={"canary": True, "loopback": True},
)
PARTLY_JAILED = Isolation(
    layer="C",
    active=["Landlock", "seccomp"],
    missing={layers.SIGNALS: "this kernel's Landlock is version 4; it takes 6"},
    self_test={"canary": True, "loopback": True},
)
LIMITED = Isolation(layer="D", active=["limits"], missing={"Landlock": "this kernel has none"})
MAIL_HTML = """<html><head><style>h2 {color: #a4161a} td {padding: 2px 12px 2px 0}</style></head><body>
<h2>email_notification failed</h2>
<table><tr><td><b>DAG</b></td><td>callback_exercise_dag</td></tr><tr><td><b>Try</b></td><td>2 of 2</td></tr>
<tr><td><b>Error</b></td><td>&lt;b&gt;disk&lt;/b&gt; &amp; 1f0c9ad34be2</td></tr></table>
<p>Read the <a href="http://localhost:8080/dags/callback_exercise_dag/runs/r1/tasks/email_notification">log</a>
before you clear the task.</p></body></html>"""
SLACK_PAYLOAD: dict[str, Any] = {
    "text": "slack_notification failed",
    "username": "Airflow alerts",
    "blocks": [
        {"type": "header", "text": {"type": "plain_text", "text": ":red_circle: slack_notification failed"}},
        {
            "type": "section",
            "fields": [
                {"type": "mrkdwn", "text": "*Task*\n`slack_notification`"},
                {"type": "mrkdwn", "text": "*Try*\n2"},
                {"type": "mrkdwn", "text": "*Kind*\n_transient_, ~permanent~"},
                {"type": "mrkdwn", "text": "*Run*\nmanual__2026-01-01"},
            ],
        },
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": "```OSError: <b>disk</b> &amp; 77aa01b2c3d4```"},
        },
        {"type": "divider"},
        {
            "type": "context",
            "elements": [{"type": "mrkdwn", "text": ":wrench: owner: *data-platform*, <!here>"}],
        },
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "style": "primary",
                    "text": {"type": "plain_text", "text": "Open log"},
                    "url": "http://localhost:8080/log",
                },
                {
                    "type": "button",
                    "text": {"type": "plain_text", "text": "Runbook"},
                    "url": "javascript:alert(1)",
                },
            ],
        },
    ],
    "attachments": [
        {
            "color": "#c42b1c",
            "title": "Legacy attachment",
            "title_link": "https://example.com/runbook",
            "text": "*Bold* and `code` for <https://example.com|people>",
            "fields": [{"title": "Try", "value": "2", "short": True}, {"title": "Pool", "value": "default"}],
            "footer": "Airflow",
        }
    ],
}


def delivery(number: int, execution: int, at: float, call: int | None, **more: Any) -> dict[str, Any]:
    task = {1: MAIL, 2: SLACK, 3: MAIL, 4: SLACK}.get(execution)
    where = {"component": "worker", "task_id": task, "try_number": (execution + 1) // 2, "phase": "after"}
    return {"id": number, "execution": execution, "at": at, "call": call, **where, **more}


def attempt(
    number: int, task: str | None, number_of_try: int | None, started: float, **more: Any
) -> Execution:
    given: dict[str, Any] = {"component": "worker", "real_ms": 61.0, "exit_code": 0, "ended": started + 0.014}
    given |= {"barrier": started + 0.006} if "terminal" in more else {}
    return Execution(id=number, task_id=task, try_number=number_of_try, started=started, **(given | more))


def fails() -> Evidence:
    """Two tasks fail, wait five minutes, fail again; a mail, Slack messages, metrics, leases, files."""
    call: dict[str, Any] = {
        "component": "worker",
        "index": 0,
        "file": "dag.py",
        "returned": True,
        "real_ms": 4.2,
    }
    log: dict[str, Any] = {"component": "worker", "phase": "after", "channel": "log", "logger": "dag"}
    return Evidence(
        name="fails",
        scenario=Scenario([MAIL, SLACK], raises(OSError, "<b>disk</b> & {secret}"), retries=1),
        seed=1234,
        secrets={f"{MAIL}#2": "1f0c9ad34be2"},
        airflow="3.3.2",
        epoch=EPOCH,
        dag_id="callback_exercise_dag",
        run_id="manual__2026-01-01",
        outcome="ran",
        state="failed",
        ended=300.09,
        task_ids=[MAIL, SLACK, "file_cleanup", "connection_cleanup"],
        isolation=JAILED,
        tasks=[
            TaskRecord(task_id=MAIL, state="failed", tries=2, retries=1, operator="PythonOperator"),
            TaskRecord(task_id=SLACK, state="failed", tries=2, retries=1, operator="PythonOperator"),
            TaskRecord(task_id="file_cleanup", state="success", tries=0, counted=True),
            TaskRecord(task_id="connection_cleanup", state="upstream_failed", tries=0),
        ],
        executions=[
            attempt(0, None, None, 0.0, component="DAG processor", real_ms=210.0),
            attempt(1, MAIL, 1, 0.02, terminal="up_for_retry"),
            attempt(2, SLACK, 1, 0.04, terminal="up_for_retry"),
            attempt(3, MAIL, 2, 300.04, terminal="failed"),
            attempt(4, SLACK, 2, 300.06, terminal="failed", ended=300.08),
        ],
        transitions=[
            Transition(at=0.01, task_id=MAIL, try_number=1, state="queued"),
            Transition(at=0.026, task_id=MAIL, try_number=1, state="up_for_retry"),
            Transition(at=300.046, task_id=MAIL, try_number=2, state="failed"),
            Transition(at=300.066, task_id=SLACK, try_number=2, state="failed"),
        ],
        calls=[
            CallbackCall(
                id=1, execution=1, task_id=MAIL, try_number=1, kind="on_retry_callback",
                name="send_email_alert", line=41, start=0.027, end=0.03, deliveries=[1], **call,
            ),
            CallbackCall(
                id=2, execution=3, task_id=MAIL, try_number=2, kind="on_failure_callback",
                name="send_email_alert", line=41, start=300.047, end=300.05, deliveries=[2], logs=[2], **call,
            ),
            CallbackCall(
                id=3, execution=4, task_id=SLACK, try_number=2, kind="on_failure_callback",
                name="send_slack_alert", line=63, start=300.067, end=300.07, deliveries=[3], **call,
            ),
            CallbackCall(
                id=4, execution=4, task_id=SLACK, try_number=2, kind="on_failure_callback",
                name="count_failure", line=80, start=300.071, end=300.073,
                error=CallError(
                    type="KeyError", message="'logical_date'", file="dag.py", line=83,
                    detail='  File "dag.py", line 83, in count_failure\n    day = context["logical_date"]',
                ),
                **(call | {"index": 1, "returned": False}),
            ),
        ],
        logs=[
            LogEvent(id=1, execution=1, at=0.021, level="info", event="working", task_id=MAIL, try_number=1,
                     **(log | {"phase": "before"})),
            LogEvent(id=2, execution=3, at=300.048, level="error", event="task failed", task_id=MAIL, try_number=2,
                     fields={"error_type": "OSError", "try": 2, "category": "transient"}, call=2, **log),
            LogEvent(id=3, execution=4, at=300.072, level="info", event="print from a callback",
                     task_id=SLACK, try_number=2, **(log | {"channel": "stdout", "logger": ""})),
        ],
        mails=[
            Mail(**delivery(1, 1, 0.028, 1), sender="airflow@example.com", to=["oncall@example.com"],
                 subject="callback_exercise_dag.email_notification failed", text="Try 1 failed.", html=None),
            Mail(**delivery(2, 3, 300.048, 2), sender="airflow@example.com", to=["oncall@example.com", "b@example.com"],
                 subject="callback_exercise_dag.email_notification failed", text="email_notification failed\nTry 2 of 2",
                 html=MAIL_HTML, headers={"X-Priority": "1", "Date": "Thu, 01 Jan 2026 00:05:00 +0000"}),
        ],
        slack=[
            SlackMessage(**delivery(3, 4, 300.068, 3), door="webhook", payload=SLACK_PAYLOAD,
                         text="slack_notification failed", status=200),
        ],
        metrics=[
            Metric(**delivery(4, 4, 300.069, 3), name="failures", value=1, type="counter",
                   tags={"task": SLACK, "category": "transient"}, raw="failures:1|c"),
            Metric(**delivery(5, 4, 300.069, None), name="airflow.ti.finish", value=1, type="counter",
                   raw="airflow.ti.finish:1|c", own=True),
            Metric(**delivery(6, 4, 300.069, None), name="airflow.ti.start", value=1, type="counter",
                   raw="airflow.ti.start:1|c", own=True),
        ],
        posts=[
            Post(**delivery(7, 4, 300.0695, 3), method="POST", path="/events",
                 body={"dag": "callback_exercise_dag", "error": "OSError"}, authorized=False, status=403),
        ],
        leases=[
            LeaseRecord(id=1, kind="database", execution=3, task_id=MAIL, try_number=2, opened=300.041,
                        closed=300.049, refused=1, leaked=False),
            LeaseRecord(id=2, kind="broker", execution=3, task_id=MAIL, try_number=2, opened=300.042, leaked=True),
        ],
        files=[
            LeftFile(path="tmp/report.csv", size=2048, execution=3, task_id=MAIL, try_number=2, phase="before", left=True),
            LeftFile(path="tmp/other.txt", size=3, execution=None, foreign=True, left=False),
            LeftFile(path="tmp/gone.csv", size=10, execution=3, task_id=MAIL, try_number=2, phase="before", left=False),
        ],
        timings={"parse": 210.0, "run": 320.5},
    )  # fmt: skip


def loses() -> Evidence:
    """A worker is lost: the executor notices, and the DAG processor runs the callback."""
    return fails().model_copy(
        update={
            "name": "loses",
            "scenario": Scenario(MAIL, loses_worker(), retries=0, slack=answers(500)),
            "ended": 7205.0,
            "executions": [
                attempt(0, None, None, 0.0, component="DAG processor"),
                attempt(1, MAIL, 1, 0.02, exit_code=-9, ended=7200.0),
                attempt(2, MAIL, 1, 7204.0, component="DAG processor"),
            ],
            "calls": [
                CallbackCall(
                    id=1, execution=2, component="DAG processor", task_id=MAIL, try_number=1,
                    kind="on_failure_callback", index=0, name="send_email_alert", start=7204.002,
                ),
            ],
            "logs": [], "mails": [], "slack": [], "metrics": [], "posts": [], "leases": [], "files": [],
            "transitions": [Transition(at=7203.0, task_id=MAIL, try_number=1, state="failed")],
        }
    )  # fmt: skip


def stopped() -> Evidence:
    """The scenario reached a limit."""
    return Evidence(
        name="stopped",
        scenario=Scenario(MAIL, [hangs(), succeeds()], logical_date=None),
        seed=1234, secrets={}, airflow="3.3.2", epoch=EPOCH, outcome="timeout", problem=problem(),
        dropped={"logs": 12, "mails": 0},
    )  # fmt: skip


def late() -> Evidence:
    """A run that lasts three hours and fails: deadlines are missed in it and after it, somebody marks, somebody answers."""

    def callback(number: int, deadline: int, at: float, component: str, work: str, **more: Any) -> Execution:
        return attempt(number, None, None, at, component=component, work=work, deadline=deadline, **more)

    def deadline(number: int, at: float, **more: Any) -> DeadlineRecord:
        given: dict[str, Any] = {
            "reference": "DagRunQueuedAtDeadline",
            "interval": at,
            "missed": at + 0.01,
            "component": "triggerer",
            "callback": "alerts.warn",
            "state": "success",
        }
        return DeadlineRecord(id=number, at=at, **(given | more))

    call: dict[str, Any] = {
        "task_id": None,
        "kind": "deadline_callback",
        "index": 0,
        "file": "alerts.py",
        "real_ms": 3.0,
        "context": ["dag_run", "deadline"],
    }
    return empty().model_copy(update={
        "name": "late",
        "scenario": Scenario({"compute": takes("3h"), "ask": None}, marks=[marked("failed", at="3h", task="compute")],
                             responses={"ask": responds("Approve", after="30min")}, history=[3000.0, 3000.0],
                             pools={"reports": 1}, variables={"late_after": "7200"}, conf={"limit": 5}),
        "dag_id": "night_report", "run_id": "manual__2026-01-01", "state": "failed",
        "run_ended": 10800.02, "ended": 18000.1, "task_ids": ["compute", "ask"],
        "tasks": [TaskRecord(task_id="compute", state="failed", tries=1),
                  TaskRecord(task_id="ask", state="success", tries=1)],
        "transitions": [Transition(at=0.03, task_id="ask", try_number=1, state="awaiting_input")],
        "executions": [
            attempt(0, None, None, 0.0, component="DAG processor"),
            attempt(1, "compute", 1, 0.02, ended=10800.01, exit_code=-9),
            attempt(2, "ask", 1, 0.02, terminal="deferred"),
            attempt(3, "ask", 1, 0.04, component="triggerer", work="providers.triggers.HITLTrigger", ended=1800.03),
            attempt(4, "ask", 1, 1800.04, terminal="success"),
            callback(5, 0, 3600.02, "triggerer", "alerts.warn"),
            callback(6, 1, 7200.02, "executor", f"unusual_prefix_{'0' * 40}_dag.tell", exit_code=1),
            callback(7, 2, 18000.02, "triggerer", f"unusual_prefix_{'0' * 40}_dag.late"),
        ],
        "deadlines": [
            deadline(0, 3600.0, name="early"),
            deadline(1, 7200.0, callback=f"unusual_prefix_{'0' * 40}_dag.tell", component="executor", state="failed",
                     output="Execution failed"),
            deadline(2, 18000.0, name="last", callback=f"unusual_prefix_{'0' * 40}_dag.late", state="failed",
                     output="Failed to import the callable on the triggerer: ['Traceback:\\n', 'ModuleNotFoundError: no\\n']"),
            deadline(3, 86400.0, name="daily", missed=None, state=None, pruned=10000.0),
        ],
        "calls": [
            CallbackCall(id=1, execution=5, component="triggerer", deadline=0, name="warn", start=3600.03, returned=True,
                         **call),
            CallbackCall(id=2, execution=6, component="executor", deadline=1, name="tell", start=7200.03, returned=False,
                         error=CallError(type="KeyError", message="'ti'"), **call),
        ],
        "slack": [SlackMessage(id=3, execution=5, component="triggerer", phase="import or callback", at=3600.03, call=1,
                               door="webhook", payload={"text": "soon late"}, text="soon late", status=200)],
    })  # fmt: skip


def empty() -> Evidence:
    """Nothing happened at all."""
    return Evidence(
        name="empty", scenario=Scenario({}), seed=0, secrets={}, airflow="3.3.2", epoch=EPOCH, outcome="ran"
    )


def hostile() -> Evidence:
    """Every text that a submission can choose is hostile; so is the structure of what it sends."""
    text, long = HOSTILE, "x" * 5000
    mail_html = (
        f"<script>alert(1)</script><img src=https://evil.example/a.png onerror=alert(1) alt='a picture'>"
        f"<iframe src=https://evil.example></iframe><link rel=preconnect href=https://evil.example>"
        f"<meta http-equiv=refresh content='0;url=https://evil.example'><base target=_self>"
        f"<a href=javascript:alert(1) target=_top>press</a> <a href=https://example.com/ok>fine</a>"
        f"<form action=https://evil.example><input name=a></form>\"'></iframe></div>"
        f"<style>@import url(https://evil.example/a.css); body {{background: url(https://evil.example/b.png)}}</style>"
        f"<svg onload=alert(1)><p style='background:url(https://evil.example/c.png)'>{text}</p>"
    )
    slack: list[dict[str, Any]] = [
        {
            "blocks": [
                {
                    "type": "section",
                    "text": {"type": "plain_text", "text": f"*not bold* <https://a.b|x> {text}"},
                }
            ]
        },
        {
            "blocks": [
                {
                    "type": "section",
                    "text": {"type": "mrkdwn", "text": f"<javascript:alert(1)|x> *{text}* &lt;i&gt;"},
                }
            ]
        },
        {
            "blocks": "not json",
            "attachments": [{"color": "red;background:url(https://evil.example)", "text": text}, 7],
        },
        {"blocks": [None, 3, [], {"type": text}, {"type": "section", "fields": {"a": 1}, "accessory": []}]},
        {"text": 12, "attachments": {"a": 1}, "username": ["x"], "icon_emoji": {}},
        {
            "text": long,
            "blocks": [{"type": "image", "image_url": "https://evil.example/d.png", "alt_text": text}],
        },
    ]
    base = fails()
    where: dict[str, Any] = {
        "execution": 1,
        "task_id": text,
        "component": "worker",
        "phase": "after",
        "at": 0.02,
    }
    return base.model_copy(
        update={
            "name": "hostile",
            "dag_id": text,
            "state": text,
            "task_ids": [text],
            "executions": [attempt(1, text, 1, 0.02, terminal=text, violations=[text])],
            "tasks": [TaskRecord(task_id=text, state=text, tries=1, log_url="javascript:alert(1)")],
            "transitions": [Transition(at=0.02, task_id=text, try_number=1, state=text)],
            "calls": [
                CallbackCall(
                    id=1, execution=1, component="worker", task_id=text, kind=text, index=0, name=text + long,
                    file=text, line=1, start=0.021, returned=False,
                    error=CallError(type=text, message=text, file=text, line=1, detail=text),
                ),
            ],
            "logs": [
                LogEvent(id=1, **where, channel="stdout", level=text, logger=text, event=text, fields={text: text}),
                LogEvent(id=2, **where, channel="stdout", level="info", logger="", event="y" * 200_000),
            ],
            "mails": [Mail(id=1, **where, sender=text, to=[text], subject=text, text=text, html=mail_html,
                           headers={text: text})],
            "slack": [SlackMessage(id=10 + i, **where, door="web_api", payload=payload, text=text, status=0)
                      for i, payload in enumerate(slack)],
            "metrics": [Metric(id=2, **where, name=text, value=1, type="counter", tags={text: text}, raw=text)],
            "posts": [Post(id=3, **where, method=text, path=text, body=text, authorized=True, status=200)],
            "deadlines": [DeadlineRecord(id=1, name=text + long, reference=text, interval=1.0, at=1.0, missed=1.0,
                                         callback=text, component="triggerer", state=text, output=text)],
            "leases": [LeaseRecord(id=4, kind=text, execution=1, task_id=text, opened=0.0, leaked=True)],
            "files": [LeftFile(path=text, size=1, execution=1, left=True)],
        }
    )  # fmt: skip


def problem() -> Problem:
    return Problem(
        title="Importing dag.py raised NameError: name 'send_email_alret' is not defined.",
        detail='  File "dag.py", line 41, in <module>\n    on_failure_callback=send_email_alret,',
        file="dag.py",
        line=41,
        advice="Look at the name in line 41: is it spelled as where it is defined?",
        full_traceback="Traceback (most recent call last):\n  File \"airflow/dag_processing/importer.py\", line 7\n"
        "  File \"dag.py\", line 41, in <module>\nNameError: name 'send_email_alret' is not defined",
    )  # fmt: skip


def check(name: str, part: str = "2.1", outcome: str = "passed", most: int = 1, **more: Any) -> CheckResult:
    title = more.pop("title", f"The check {name}.")
    earned = more.pop("points", most if outcome == "passed" else 0)
    return CheckResult.model_validate(
        {
            "id": name,
            "part": part,
            "title": title,
            "points": earned,
            "max_points": most,
            "outcome": outcome,
            **more,
        }
    )


def checks() -> list[CheckResult]:
    """One check of each outcome, and the sentences that people would read."""
    return [
        check("mail_once", most=2, title="One mail arrives when `email_notification` has finally failed.",
              strength="fact", scenarios=["fails"],
              evidence=[EvidenceLine(kind="mail", text="callback_exercise_dag.email_notification failed",
                                     scenario="fails", item=2)]),
        check("no_mail_for_retry", outcome="failed", title="No mail is sent for a try that will be retried.",
              message="A mail was sent for a try that is retried.", expected="none",
              observed="one arrived after try 1 (`up_for_retry`)", where="dag.py:41", strength="fact",
              evidence=[EvidenceLine(kind="mail", text="callback_exercise_dag.email_notification failed",
                                     scenario="fails", item=1),
                        EvidenceLine(kind="call", text="on_retry_callback=send_email_alert",
                                     scenario="fails", item=1)],
              hints=["`on_retry_callback` is a different list.", "Which of your callbacks runs before try 2?",
                     "A retry is no failure yet: who wants to be woken for it?"],
              scenarios=["fails"]),
        check("body_says_what", outcome="failed", most=2, points=1, strength="fact", scenarios=["fails"],
              title="The mail's body shows the error as it was, the try, the run and a link to the log.",
              message="The body lacks the run.", expected="email_notification, 1f0c9ad34be2, try 2, manual__2026-01-01",
              observed="email_notification failed\nDAG callback_exercise_dag, Try 2 of 2, Error <b>disk</b> & 1f0c9ad34be2",
              hints=["Everything is on `context['ti']`."], docs="https://example.org/lessons/02/#body"),
        check("told_without_date", outcome="skipped", title="A run without a logical date is told all the same.",
              message="It needs “One Slack message arrives”, which failed.", hints=["`.get`, not `[...]`."]),
        check("slack_error_survived", outcome="passed", title="A Slack that answers 500 does not make the callback raise.",
              strength="claim", scenarios=["loses"]),
        check("files_gone", part="2.2", outcome="error", most=3, title="The task's own temporary files are gone.",
              message="The callback could not be run.", hints=["Run it once by hand."], scenarios=["stopped"]),
        check("leases_back", part="2.2", outcome="timeout", most=2, title="Every lease of two kinds is given back.",
              message="The callback took longer than 20 seconds.", expected="two leases given back",
              observed="one given back, one open", strength="fact", scenarios=["fails"], hints=["`finally`"]),
        check("escalates", part="2.5", outcome="failed", most=2, bonus=True, strength="claim", scenarios=["fails"],
              title="The third failure of a day is escalated.", message="It looks like the first.",
              expected="a different channel", observed="#alerts", hints=["Count in a Variable."]),
    ]  # fmt: skip


def partly() -> Result:
    """The usual: some passed, some did not."""
    return Result(
        versions=Versions(grader="0.1.0", airflow="3.3.2", python="3.12.4", exercise="9f2c41d0a7be"),
        exercise="02-failure-callbacks",
        title="Failure callbacks",
        submission="work/02-failure-callbacks/dag.py",
        made_at="2026-11-20T04:55:03+00:00",
        seed=1234,
        outcome="graded",
        score=4,
        max_score=12,
        bonus_score=0,
        bonus_max_score=2,
        parts=[
            PartResult(id="2.1", title="Notification", points=4, max_points=7),
            PartResult(id="2.2", title="Resource cleanup", points=0, max_points=5),
            PartResult(id="2.5", title="Going further", points=0, max_points=2, bonus=True),
        ],
        checks=checks(),
        scenarios=["fails", "loses", "stopped"],
        timings={"wait": 812.0, "run": 2210.0, "check": 95.0},
        isolation=PARTLY_JAILED,
        notes=[
            "`slack_notification` also sent legacy attachments; Block Kit blocks are what Slack recommends."
        ],
    )


def full() -> Result:
    """All points."""
    passed = [one.model_copy(update={"outcome": "passed", "points": one.max_points}) for one in checks()]
    whole = [part.model_copy(update={"points": part.max_points}) for part in partly().parts]
    return partly().model_copy(update={"checks": passed, "parts": whole, "score": 12, "bonus_score": 2})


def withheld() -> Result:
    """A fault of ours in one check."""
    broken = check("slack_once", outcome="ungradable", most=2, title="One Slack message arrives.",
                   message="The stand-in for Slack died twice.")  # fmt: skip
    parts = [part.model_copy(update={"points": None} if part.id == "2.1" else {}) for part in partly().parts]
    return partly().model_copy(update={"checks": [broken, *checks()], "parts": parts, "score": None})


def unrunnable(outcome: str = "error") -> Result:
    """The submission could not be run at all."""
    parts = [part.model_copy(update={"points": 0}) for part in partly().parts]
    lost = [
        check(one.id, one.part, outcome, one.max_points, title=one.title, bonus=one.bonus,
              message=problem().title, observed=problem().detail, where="dag.py:41", hints=one.hints)
        for one in checks()
    ]  # fmt: skip
    return partly().model_copy(
        update={"outcome": outcome, "problem": problem(), "score": 0, "parts": parts, "checks": lost}
    )


def hostile_result() -> Result:
    """Every text is hostile, even those that ought to be ours."""
    text, long = HOSTILE, "word " * 400 + "x" * 3000
    line = EvidenceLine(kind="log", text=text, scenario="hostile", item=1)
    bad = check("bad", outcome="failed", title=text, message=text, expected=text + long, observed=text + long,
                evidence=[line, line.model_copy(update={"item": 99, "scenario": text})], hints=[text, text],
                docs="javascript:alert(1)", where=text, strength="claim", scenarios=["hostile"])  # fmt: skip
    return partly().model_copy(
        update={
            "title": text,
            "submission": text,
            "notes": [text],
            "checks": [bad, check("blank", outcome="failed", title="", message="")],
            "parts": [PartResult(id="2.1", title=text, points=0, max_points=2)],
            "problem": Problem(title=text, detail=text, file=text, line=1, advice=text, full_traceback=text),
            "scenarios": ["hostile", "missing"],
            "disagreements": {"hostile": [text, text], text: [text]},
        }
    )
