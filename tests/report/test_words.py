"""Which lines of a log a reader is shown, and what of them."""

from __future__ import annotations

import pytest

from autograder.evidence import LogEvent
from autograder.report.words import folded, log_details, log_groups, run_line, source_line, telling
from tests.report import samples


def event(logger: str, level: str = "info", channel: str = "log", **fields: object) -> LogEvent:
    return LogEvent(
        id=1,
        execution=1,
        component="worker",
        phase="before",
        at=0.0,
        channel=channel,  # type: ignore[arg-type]
        level=level,
        logger=logger,
        event="text",
        fields=fields,
    )


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (event("task"), False),
        (event("airflow.dag_processing.dagbag.BundleDagBag"), False),
        (event("task", level="error"), True),
        (event("airflow.providers.smtp", level="warning"), True),
        (event("airflow.task"), True),
        (event("unusual_prefix_dag"), True),
        (event("task.stdout", channel="stdout"), True),
    ],
)
def test_airflows_routine_is_counted_and_the_rest_is_shown(line: LogEvent, shown: bool) -> None:
    told, routine = log_groups([line])
    assert (told, routine) == (([line], 0) if shown else ([], 1))


def test_details_are_the_events_own_keys_and_the_exception() -> None:
    error = {"exc_type": "OSError", "exc_value": "disk", "frames": []}
    told = log_details(
        event("x", dag_id="d", ti_id="t", lineno=3, category="transient", error_detail=[error])
    )
    assert told == '{"category": "transient"} OSError: disk'
    assert (
        log_details(event("x", error_detail=[{"exc_type": "MemoryError", "exc_value": ""}])) == "MemoryError"
    )
    assert log_details(event("x", dag_id="d")) == ""


SOURCE = {"dag.py": "import os\n\n@callback\n@quiet\ndef tell(context):\n    print(1)\n"}


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("dag.py:1", "import os"),
        ("dag.py:2", ""),
        ("dag.py:3", "def tell(context):"),
        ("dag.py:6", "print(1)"),
        ("dag.py:7", ""),
        ("dag.py:0", ""),
        ("dag.py", ""),
        ("other.py:1", ""),
    ],
)
def test_the_line_that_a_place_names(where: str, line: str) -> None:
    assert source_line(where, SOURCE) == line


def test_a_lambda_among_decorators_is_where_it_is_written() -> None:
    source = {"dag.py": "@task(on_failure_callback=lambda context: 1 / 0)\ndef load():\n    ..."}
    assert source_line("dag.py:1", source) == "@task(on_failure_callback=lambda context: 1 / 0)"


def test_where_to_look_when_something_failed_and_when_nothing_did() -> None:
    partly, full = samples.partly(), samples.full()
    failed = {name for check in partly.checks if check.outcome != "passed" for name in check.scenarios}
    assert set(telling(partly, ["fails", "loses", "stopped"])) == failed & {"fails", "loses", "stopped"}
    assert telling(full, ["one", "two"]) == ["one"]
    assert telling(full, []) == []


def test_a_part_is_folded_when_all_in_it_is_right_and_something_else_is_not() -> None:
    assert not any(folded(samples.full(), part) for part in samples.full().parts)
    partly = samples.partly()
    for part in partly.parts:
        right = all(check.outcome == "passed" for check in partly.checks if check.part == part.id)
        assert folded(partly, part) == right


def test_a_run_that_had_begun_is_not_said_to_be_code_that_could_not_be_run() -> None:
    begun = samples.fails().model_copy(update={"outcome": "error"})
    assert run_line(begun) == "The run could not go on."
    assert run_line(begun.model_copy(update={"executions": []})) == "The code could not be run."
