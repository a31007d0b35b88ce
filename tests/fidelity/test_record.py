"""What the comparison finds, and what it lets pass."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fidelity.record import Line, Record, differences, in_short, lines_of


def said(kind: str = "failure", **other: Any) -> Line:
    line = {
        "dag": "one",
        "run": "manual__1",
        "task": "work",
        "map_index": -1,
        "try": 1,
        "kind": kind,
        "component": "worker",
        "keys": ["dag", "ti"],
        "reason": None,
        "exception": "OSError",
    }
    return line | other


def record(*lines: Line, **other: Any) -> Record:
    return Record(**{"state": "failed", "tasks": {"work[-1]": ("failed", 1)}, "lines": list(lines), **other})


REAL = record(said(), said("retry", task="other"), deadlines=[("late", True)])


@pytest.mark.parametrize(
    ("ours", "found"),
    [
        (
            record(*REAL.lines, deadlines=[("late", True)], state="success"),
            "run: really failed, here success",
        ),
        (
            record(*REAL.lines, deadlines=[("late", True)], tasks={"work[-1]": ("failed", 2)}),
            "work[-1]: really ('failed', 1), here ('failed', 2)",
        ),
        (record(*REAL.lines, deadlines=[]), "deadlines, only really: ('late', True)"),
        (
            record(said(component="DAG processor"), *REAL.lines[1:], deadlines=REAL.deadlines),
            "one.work[-1]#1, line 1: really work#1 failure (worker), here work#1 failure (DAG processor)",
        ),
        (
            record(said(keys=["dag", "reason", "ti"]), *REAL.lines[1:], deadlines=REAL.deadlines),
            "one.work[-1]#1, line 1: work#1 failure (worker): context: only really [], only here ['reason']",
        ),
        (
            record(said(exception="absent"), *REAL.lines[1:], deadlines=REAL.deadlines),
            "one.work[-1]#1, line 1: work#1 failure (worker): exception: really 'OSError', here 'absent'",
        ),
        (record(said(), deadlines=REAL.deadlines), "one.other[-1]#1: only really other#1 retry (worker)"),
        (
            record(said(), *REAL.lines, deadlines=REAL.deadlines),
            "one.work[-1]#1: only here work#1 failure (worker)",
        ),
    ],
)
def test_a_difference_is_a_sentence(ours: Record, found: str) -> None:
    assert differences(REAL, ours, in_order=False) == [found]


def test_the_order_between_tasks_counts_only_where_it_was_asked_for() -> None:
    turned = record(*reversed(REAL.lines), deadlines=REAL.deadlines)
    assert differences(REAL, turned, in_order=False) == []
    (found,) = differences(REAL, turned, in_order=True)
    assert found == "order, line 1: really work#1 failure (worker), here other#1 retry (worker)"


def test_the_run_is_called_something_else_in_each_world() -> None:
    assert differences(record(said()), record(said(run="manual__2")), in_order=True) == []


def test_lines_of_other_dags_are_left_out() -> None:
    assert [line["dag"] for line in lines_of('{"dag": "one"}\n{"dag": "two"}\n', "two")] == ["two"]


def test_of_a_traceback_the_last_entry_is_kept() -> None:
    output = "An error occurred: ['Traceback (most recent call last):\\n', \"OSError: it's broken\\n\"]"
    assert in_short(output) == "An error occurred: OSError: it's broken"
    assert in_short("told") == "told"
    assert in_short(None) == ""
