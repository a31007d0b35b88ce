"""Which lines of a log a reader is shown, and what of them."""

from __future__ import annotations

import pytest

from autograder.evidence import LogEvent
from autograder.report.words import log_details, log_groups


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
    assert log_details(event("x", dag_id="d")) == ""
