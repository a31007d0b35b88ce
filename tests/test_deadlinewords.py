"""Deadlines in words, where what Airflow kept of them is no honest traceback."""

from __future__ import annotations

import pytest

from autograder import deadlinewords
from autograder.evidence import DeadlineRecord

MISSED = DeadlineRecord(
    id=0, reference="DagRunQueuedAtDeadline", at=60, missed=60, callback="alerts.late", component="triggerer"
)


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        (
            "An error occurred: ['Traceback\\n', 'OSError: disk full\\n']",
            "An error occurred: OSError: disk full",
        ),
        ("An error occurred: []", "An error occurred"),
        ("An error occurred: [{[]: 1}]", "An error occurred: [{[]: 1}]"),
        ("An error occurred: [1 + ]", "An error occurred: [1 + ]"),
        ("told", "told"),
    ],
)
def test_a_traceback_is_told_by_its_last_line_and_anything_else_as_it_is(kept: str, told: str) -> None:
    assert deadlinewords.output(MISSED.model_copy(update={"output": kept})) == told
