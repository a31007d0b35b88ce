"""Deferred tasks: their triggers run in the triggerer, and what comes of them is in the task's next execution."""

from __future__ import annotations

from autograder.evidence import Evidence
from autograder.scenario import Scenario
from tests.control.conftest import Run


def workers(evidence: Evidence) -> list[tuple[str | None, int | None, str | None]]:
    return [(e.task_id, e.try_number, e.terminal) for e in evidence.executions if e.component == "worker"]


def triggerers(evidence: Evidence) -> list[tuple[str | None, str | None, int | None]]:
    return [(e.task_id, e.work, e.exit_code) for e in evidence.executions if e.component == "triggerer"]


def test_a_deferred_task_goes_on_when_its_trigger_fires(run: Run) -> None:
    """The worker is free meanwhile (sdk task_runner.py:1590); one try, two executions on the worker."""
    source = """
        from datetime import timedelta
        from airflow.sdk import DAG
        from airflow.providers.standard.sensors.time_delta import TimeDeltaSensor
        with DAG("one"):
            TimeDeltaSensor(task_id="work", delta=timedelta(hours=3), deferrable=True)
    """
    evidence = run(source, Scenario("work", None, logical_date=None))
    assert evidence.problem is None
    assert evidence.state == "success"
    assert workers(evidence) == [("work", 1, "deferred"), ("work", 1, "success")]
    assert [work for _, work, _ in triggerers(evidence)] == [
        "airflow.providers.standard.triggers.temporal.DateTimeTrigger"
    ]
    (trigger,) = (e for e in evidence.executions if e.component == "triggerer")
    assert trigger.task_id == "work"
    assert trigger.ended is not None
    assert 3 * 3600 <= trigger.ended - trigger.started < 3 * 3600 + 2
    assert [t.state for t in evidence.transitions] == ["running", "deferred", "running", "success"]
