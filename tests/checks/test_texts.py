"""What a reader sees, what a log system parses, and what is left of a message when all that is known is masked."""

from __future__ import annotations

import time
from typing import Any

import pytest

from autograder.checks import between, raises
from autograder.checks.shape import mask, shape_of
from autograder.checks.structured import differences, parse
from autograder.checks.views import RunView
from autograder.evidence import LogEvent
from autograder.scenario import Scenario
from tests.checks.made import Recorder


def test_a_mail_as_its_reader_sees_it() -> None:
    record = Recorder("x", Scenario("tell", raises(OSError))).attempt("tell")
    record.mail(
        text="plain", html="<p>&lt;b&gt; a <b>bold</b> <a href='http://x/?a=1&amp;b=2'>log</a></p><style>p"
    )
    record.mail(text="plain only")
    both, plain = RunView(record.evidence()).task("tell").mails
    assert both.text == "<b> a bold log (http://x/?a=1&b=2)"
    assert both.text.raw.startswith("<p>&lt;b&gt;")
    assert plain.text == "plain only"


@pytest.mark.parametrize(
    "text", ["<http:" * 150_000, "a." * 400_000, "{" * 900_000, '{"a":' * 150_000, "a=" * 400_000]
)
def test_hostile_text_takes_no_time(text: str) -> None:
    began = time.perf_counter()
    record = Recorder("x", Scenario("tell", raises(OSError))).attempt("tell").slack({"text": text})
    slack = RunView(record.evidence()).task("tell").slack.only()
    assert slack.text
    assert slack.shape
    parse(event(text))
    assert time.perf_counter() - began < 5


def test_a_slack_message_as_its_reader_sees_it() -> None:
    payload = {
        "text": "failed",
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": "&lt;disk&gt; &amp; more"}},
            {"type": "actions", "elements": [{"type": "button", "text": "Open", "url": "http://x/3"}]},
        ],
    }
    record = Recorder("x", Scenario("tell", raises(OSError))).attempt("tell").slack(payload)
    message = RunView(record.evidence()).task("tell").slack.only()
    assert message.text.splitlines() == ["failed", "<disk> & more", "Open", "http://x/3"]
    assert [block["type"] for block in message.blocks] == ["header", "actions"]
    assert message.attachments == []


def event(text: str, **fields: Any) -> LogEvent:
    return LogEvent(
        id=1, execution=1, component="worker", phase="after", at=1, channel="log", level="info", logger="dag",
        event=text, fields=fields,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "record"),
    [
        (event('{"a": 1}'), {"a": 1}),
        (event('FAILED: {"a": {"b": [1]}} (end)'), {"a": {"b": [1]}}),
        (event('set {x} then {"a": 1}'), {"a": 1}),
        (event('try=2 error="No \\"x\\"" path=/a/b'), {"try": 2, "error": 'No "x"', "path": "/a/b"}),
        (event("it took x=1 second"), None),
        (event("{'a': 1}"), None),
        (event("{}"), None),
        (event("failed", error="x", lineno=3, filename="dag.py"), {"error": "x", "event": "failed"}),
        (event("failed", lineno=3, error_detail=[]), None),
        (event('{"a": 1}', try_number=2), {"a": 1, "try_number": 2}),
        (event("{" * 5000), None),
    ],
)
def test_what_a_log_system_can_parse(line: LogEvent, record: dict[str, Any] | None) -> None:
    assert parse(line) == record


def test_fields_as_they_are_asked_for() -> None:
    record = {"try": "2", "seconds": 1.5, "inside": {"run": "manual__1"}, "empty": ""}
    assert not differences(record, {"try": 2, "seconds": float, "run": str, "inside": dict})
    assert not differences(record, {"seconds": between(1, 2), "run": lambda run: run.startswith("manual")})
    assert differences(record, {"empty": ..., "nope": ..., "seconds": int, "try": between(3, 4)}) == [
        "`empty` is '', not anything",
        "`nope` is missing",
        "`seconds` is 1.5, not a whole number",
        "`try` is '2', not a number from 3 to 4",
    ]


def slack_run(name: str, exception: type[Exception], payload: Any, message: str = "{secret}") -> RunView:
    record = Recorder(name, Scenario("tell", raises(exception, message), retries=1), dag_id="orders")
    record.attempt("tell", 1, "up_for_retry").attempt("tell", 2).callback()
    said = record.message("tell", 2)
    text = payload.format(
        message=said,
        name=exception.__name__,
        url=f"http://localhost:8080/dags/orders/runs/{name}?try_number=2",
    )
    return RunView(record.slack({"text": text}).evidence())


def shapes(payload: str, other: str | None = None) -> tuple[str, str]:
    disk = slack_run("fails", OSError, payload, "<b>disk</b> & {secret}")
    denied = slack_run("denied", PermissionError, other or payload)
    one, two = (run.task("tell").slack.only().shape for run in (disk, denied))
    return one, two


@pytest.mark.parametrize(
    "payload",
    [
        "failed: {message}",
        "{name}: {message} at try 2",
        "orders.tell try 2/2 of manual__1 <{url}|log>",
        "{name!r} at 2026-11-02T00:00:12.345+00:00 after 12.25 seconds",
    ],
)
def test_the_shape_hides_all_that_control_knows(payload: str) -> None:
    one, two = shapes(payload)
    assert one == two


def test_the_shape_hides_a_message_however_it_is_escaped() -> None:
    record = Recorder("fails", Scenario("tell", raises(OSError, "<b>disk</b> & '{secret}'"))).attempt("tell")
    message = record.message("tell", 1)
    evidence = record.evidence()
    escaped = message.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for written in (message, escaped, escaped.replace("'", "&#x27;"), repr(message)[1:-1], message.upper()):
        assert mask(f"It said {written}!", evidence) == "It said ‹message›!"


@pytest.mark.parametrize(
    ("payload", "other"),
    [
        ("disk trouble: {message}", "no permission: {message}"),
        ("P1 {message}", "P2 {message}"),
        (":fire: {name}", ":lock: {name}"),
        ("#ff0000", "#ffaa00"),
    ],
)
def test_the_shape_keeps_what_the_learner_decided(payload: str, other: str) -> None:
    one, two = shapes(payload, other)
    assert one != two


def test_the_shape_of_numbers_and_flags() -> None:
    evidence = Recorder("x", Scenario("tell", raises(OSError))).attempt("tell").evidence()
    assert shape_of({"a": [1, 1.5, True, None, "OSErrors"]}, evidence) == shape_of(
        {"a": [1, 2.5, True, None, "OSErrors"]}, evidence
    )
