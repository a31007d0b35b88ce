"""What lesson 01 says is so, about the runs that its page shows and some beside them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.checks import RunView, dies_by, expect, raises, skips, succeeds
from autograder.lessons import Lesson

Play = Callable[..., RunView]
Recorded = Callable[[str], RunView]

DISK = raises(OSError, "disk full")


def kinds(run: RunView, task: str) -> list[str]:
    return [call.kind for call in run.task(task).callbacks]


def said(run: RunView, kind: str) -> list[str]:
    """What the callbacks of this kind printed."""
    return [str(line.text) for line in run.callbacks.of(kind).logs]


# Read a run


def test_two_failed_tries_are_one_call(recorded: Recorded) -> None:
    run = recorded("disk-full")
    assert run.task("load").tries == 2
    expect(run.callbacks).one(after_try=2)
    assert run.callbacks.only().kind == "on_failure_callback"


# Who runs what


def test_a_try_and_its_callbacks_share_a_process_and_nobody_else_does(recorded: Recorded) -> None:
    run = recorded("where")
    printed = [str(line.text).removeprefix("noted in this process: ") for line in run.callbacks.logs]
    assert printed == [
        "a callback",
        "a callback, the work, a callback",
        "a callback",  # try 2 has a process of its own
        "a callback, the work, a callback",
        "a callback",  # and so has the DAG's callback
    ]
    components = [call.component for call in run.callbacks]
    assert components == ["worker"] * 4 + ["DAG processor"]


# Tries and states


def test_the_callback_of_the_night_saw_the_last_error_only(recorded: Recorded) -> None:
    run = recorded("night")
    assert [str(line.text) for line in run.callbacks.logs] == ["mail: load_orders failed: orders.csv.part"]
    assert [attempt.terminal for attempt in run.task("load_orders").attempts] == ["up_for_retry", "failed"]
    assert run.task("load_orders").logs.of_try(1).matching("Task failed with exception")
    assert run.task("load_orders").state_after(1) == "up_for_retry"
    assert run.task("load_orders").state == "failed"


def test_max_tries_is_the_number_of_retries(play: Play, tmp_path: Path) -> None:
    (tmp_path / "dag.py").write_text(NUMBERS)
    run = play(tmp_path / "dag.py", {"load": DISK}, retries=3)
    assert run.task("load").tries == 4
    assert [str(line.text) for line in run.callbacks.logs] == [f"{number} 3" for number in (1, 2, 3, 4)]
    assert kinds(run, "load") == ["on_retry_callback"] * 3 + ["on_failure_callback"]


NUMBERS = """
from airflow.sdk import DAG, task

def say(context):
    print(context["ti"].try_number, context["ti"].max_tries)

with DAG("numbers", schedule=None):
    @task(on_retry_callback=say, on_failure_callback=say)
    def load(): ...
    load()
"""


# Which callback, and when


def test_a_failure_is_stored_after_its_callback_and_a_retry_before(recorded: Recorded, play: Play) -> None:
    run = recorded("all-fail")
    assert said(run, "on_execute_callback") == ["ti.state is running, the database says running"] * 2
    assert said(run, "on_retry_callback") == ["ti.state is up_for_retry, the database says up_for_retry"]
    assert said(run, "on_failure_callback") == ["ti.state is failed, the database says running"]
    assert said(play("callbacks.py", {"load": skips()}), "on_skipped_callback") == [
        "ti.state is skipped, the database says running"
    ]
    well = play("callbacks.py")
    assert said(well, "on_success_callback") == ["ti.state is success, the database says success"]


def test_of_success_retry_failure_and_skipped_one_is_called_for_each_try(
    play: Play, recorded: Recorded
) -> None:
    execute = "on_execute_callback"
    assert kinds(play("callbacks.py"), "load") == [execute, "on_success_callback"]
    assert kinds(play("callbacks.py", {"load": skips()}), "load") == [execute, "on_skipped_callback"]
    assert kinds(play("callbacks.py", {"load": [DISK, succeeds()]}), "load") == [
        *(execute, "on_retry_callback"),
        *(execute, "on_success_callback"),
    ]
    assert kinds(recorded("all-fail"), "load") == [
        *(execute, "on_retry_callback"),
        *(execute, "on_failure_callback"),
    ]


# When a callback raises


def test_a_raising_callback_stops_itself_and_nothing_else(recorded: Recorded, play: Play) -> None:
    run = recorded("raising")
    assert run.task("load").state == "failed"
    calls = list(run.callbacks)
    assert [(call.name, call.returned) for call in calls] == [
        ("send_mail", True),
        ("count", False),
        ("clean_up", True),
    ]
    assert not run.logs.matching("^counted")
    told = run.logs.matching("Failed to run task callback").only()
    assert told.level == "error"
    assert (told.record.fields["kind"], told.record.fields["index"]) == ("on_failure_callback", 1)

    well = play("raising.py")
    expect(well.callbacks).one()
    assert well.callbacks.only().returned is False
    assert (well.task("load").state, well.state) == ("success", "success")


# Fail, fail at once, skip


def test_which_exceptions_are_tried_again(recorded: Recorded) -> None:
    run = recorded("endings")
    again = ["on_retry_callback", "on_failure_callback"]
    assert (run.task("any_error").tries, kinds(run, "any_error")) == (2, again)
    assert (run.task("airflow_error").tries, kinds(run, "airflow_error")) == (2, again)
    assert (run.task("fail_at_once").tries, kinds(run, "fail_at_once")) == (1, ["on_failure_callback"])
    assert (run.task("nothing_to_do").tries, kinds(run, "nothing_to_do")) == (1, ["on_skipped_callback"])


def test_a_task_that_is_left_out_is_skipped_and_calls_nothing(recorded: Recorded) -> None:
    task = recorded("endings").task("left_out")
    assert (task.state, task.tries) == ("skipped", 0)
    expect(task.callbacks).none()


# What a failure stops


def test_a_failed_task_stops_what_comes_after_it(recorded: Recorded) -> None:
    run = recorded("night")
    assert run.state == "failed"
    for name in ("build_report", "send_report"):
        assert (run.task(name).state, run.task(name).tries) == ("upstream_failed", 0)
        expect(run.task(name).callbacks).none()
    assert run.task("clear_inbox").state == "success"


# Collect, then raise


def test_the_exception_holds_what_its_text_does_not(recorded: Recorded) -> None:
    run = recorded("collecting")
    first, *inside = said(run, "on_failure_callback")
    assert first == "str(exception): 2 stores could not be read (2 sub-exceptions)"
    assert [line.split(",")[0] for line in inside] == [
        "inside: oslo: the count is no number",
        "inside: turin: the count is no number",
    ]
    assert all("caused by ValueError" in line for line in inside)
    logged = run.logs.matching("Task failed with exception").only().record.fields["error_detail"]
    assert logged[0]["is_group"]
    assert [each["exc_type"] for each in logged[0]["exceptions"][0]] == ["RuntimeError", "ValueError"]


# Where the log is


def test_only_what_a_logger_says_names_its_task(recorded: Recorded) -> None:
    run = recorded("log-lines")
    printed = run.logs.named("task.stdout").only()
    assert printed.record.fields == {}
    standard, structured = run.logs.named("orders")
    for line in (standard, structured):
        found = line.record.fields
        assert (found["dag_id"], found["task_id"], found["try_number"]) == ("log_lines", "load", 1)
    assert "orders" not in standard.record.fields
    assert structured.record.fields["orders"] == 42


# What the context holds


def contexts(run: RunView) -> Iterator[tuple[str, dict[str, str]]]:
    """Each call's kind, and the keys of its context with what they are."""
    for call in run.callbacks:
        for line in call.evidence.logs:
            if line.call == call.record.id:
                yield call.kind, json.loads(line.event)


KINDS = {"the DAG's own": "dag_"} | {
    name: f"on_{name}_callback" for name in ("execute", "success", "retry", "failure", "skipped")
}


def table(page: str) -> Iterator[tuple[str, str, str]]:
    """What the page says of the context: callback, key, and whether it is there."""
    rows = re.search(r"^\| callback \| exception.*?\n\n", page, re.M | re.S)
    assert rows
    head, _, *body = [
        [cell.strip() for cell in row.strip("|").split("|")] for row in rows[0].strip().split("\n")
    ]
    for callback, *cells in body:
        for column, cell in zip(head[1:], cells, strict=True):
            for key in [column] if column in ("exception", "reason") else listed(page, column):
                yield callback, key, cell
        for key in listed(page, "gone"):
            yield callback, key, "no"


def listed(page: str, name: str) -> list[str]:
    """The keys that the first sentence of a point of the list names."""
    found = re.search(rf"^- \*\*{name}\*\* (?:is|are) (.*?)(?: and |;)", page, re.M | re.I)
    assert found, name
    keys = re.findall(r"`(\w+)`", found[1])
    assert len(keys) > 2
    return keys


@pytest.mark.parametrize("date", ["set", None], ids=["with a date", "without"])
def test_the_context_holds_what_the_table_says(lesson: Lesson, play: Play, date: str | None) -> None:
    played = [play("context.py", {"load": fault}, logical_date=date) for fault in (DISK, None, skips())]
    found = [one for run in played for one in contexts(run)]
    said = {"no": False, "if any": date is not None}
    for callback, key, cell in table(lesson.page.read_text(encoding="utf-8")):
        here = [keys for kind, keys in found if kind.startswith(KINDS[callback])]
        assert here, callback
        for keys in here if cell != "mostly" else ():
            assert (key in keys) is said.get(cell, True), (callback, key)
            assert {"dag", "run_id"} <= set(keys)
            assert cell != "`None`" or keys[key] == "NoneType"
            assert cell != "the exception" or keys[key] == "OSError"


def test_a_dag_whose_tasks_were_skipped_tells_its_callback_next_to_nothing(play: Play) -> None:
    *_, (kind, keys) = contexts(play("context.py", {"load": skips()}))
    assert (kind, set(keys)) == ("dag_success_callback", {"dag", "run_id", "reason"})
    *_, (kind, keys) = contexts(play("context.py", {"load": None}))
    assert kind == "dag_success_callback"
    assert {"ti", "dag_run", "ds", "reason"} <= set(keys)


def test_a_lost_process_leaves_no_exception(play: Play) -> None:
    run = play("context.py", {"load": dies_by("SIGKILL")})
    retry = run.callbacks.of("on_retry_callback").only()
    assert retry.component == "DAG processor"
    [(_, keys)] = [found for found in contexts(run) if found[0] == "on_retry_callback"]
    assert "exception" not in keys
    # And of the last try, nobody tells: lesson 02.
    expect(run.callbacks.of("on_failure_callback")).none()


# Seen in older code

OLD = """
import warnings

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    from airflow.exceptions import AirflowFailException
    from airflow.sdk import DAG, task

    with DAG("old", schedule=None, sla_miss_callback=print):

        @task(sla=60, email="a@example.org", on_retry_callback=print)
        def load():
            print(said)

        load()

said = " | ".join(str(warning.message) for warning in caught)
"""


def test_what_old_code_still_may_do_and_is_warned_of(play: Play, tmp_path: Path) -> None:
    (tmp_path / "dag.py").write_text(OLD)
    run = play(tmp_path / "dag.py")
    assert run.state == "success"
    said = str(run.task("load").logs.named("task.stdout").first().text)
    assert "airflow.sdk.exceptions.AirflowFailException" in said
    assert said.count("The SLA feature is removed in Airflow 3.0") == 2
    assert "Setting email on a task is deprecated" in said


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("from airflow.operators.dummy import DummyOperator", "ModuleNotFoundError"),
        ("task(provide_context=True, task_id='x')(lambda: None)()", "TypeError"),
        ("DAG('again', schedule_interval=None)", "TypeError"),
    ],
)
def test_what_old_code_may_do_no_more(play: Play, tmp_path: Path, line: str, error: str) -> None:
    (tmp_path / "dag.py").write_text(
        f"from airflow.sdk import DAG, task\n\nwith DAG('old', schedule=None):\n    {line}\n"
    )
    run = play(tmp_path / "dag.py")
    assert run.evidence.outcome == "error"
    assert run.evidence.problem
    assert error in run.evidence.problem.full_traceback
