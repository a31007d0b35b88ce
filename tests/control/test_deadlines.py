"""Deadline Alerts: what a deadline counts from, where its callback runs, what it knows, and what a miss does not do."""

from __future__ import annotations

from pathlib import Path

from autograder.evidence import Evidence
from autograder.faults import takes
from autograder.scenario import Scenario
from tests.control.conftest import Run

ALERTS = """
def late(context, word="late"):
    print(word, sorted(context), context["dag_run"]["state"])

async def later(context, word="late"):
    print(word, sorted(context), context["dag_run"]["state"])
    return "told"
"""


def beside(tmp_path: Path, **files: str) -> None:
    """Files beside the DAG's."""
    folder = tmp_path / "submission"
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)


def said(evidence: Evidence) -> list[str]:
    return [event.event for event in evidence.logs if event.channel == "stdout"]


def test_a_late_run_is_told_of_by_the_executor_and_by_the_triggerer_and_goes_on(
    run: Run, tmp_path: Path
) -> None:
    """scheduler_job_runner.py:1832-1854 finds them; models/deadline.py:220-279 queues the callbacks."""
    beside(tmp_path, alerts=ALERTS)
    source = """
        from datetime import timedelta
        from airflow.sdk import DAG, AsyncCallback, DeadlineAlert, DeadlineReference, SyncCallback, task
        from alerts import late, later
        with DAG("one", deadline=[
            DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, timedelta(hours=2), SyncCallback(late), name="two"),
            DeadlineAlert(
                DeadlineReference.DAGRUN_QUEUED_AT,
                timedelta(hours=1),
                AsyncCallback(later, kwargs={"word": "early"}),
            ),
        ]):
            @task
            def work(): ...
            work()
    """
    evidence = run(source, Scenario("work", takes("3h")))
    assert evidence.problem is None
    assert evidence.state == "success"
    early, late = evidence.deadlines
    assert (early.name, early.component, early.callback) == (None, "triggerer", "alerts.later")
    assert (late.name, late.component, late.callback) == ("two", "executor", "alerts.late")
    assert [d.reference for d in evidence.deadlines] == ["DagRunQueuedAtDeadline"] * 2
    assert [d.interval for d in evidence.deadlines] == [3600, 7200]
    assert [d.pruned for d in evidence.deadlines] == [None, None]
    # The run is queued when its file has been imported, which takes 10 ms; it is late when the moment has passed.
    assert [(d.at, d.missed) for d in evidence.deadlines] == [(3600.01, 3600.010001), (7200.01, 7200.010001)]
    assert (early.state, early.output) == ("success", "told")
    assert (late.state, late.output) == ("success", "")
    assert said(evidence) == [
        "early ['dag_run', 'deadline'] running",
        "late ['dag_run', 'deadline'] running",
    ]
    calls = [(c.kind, c.name, c.deadline, c.component, c.file, c.context) for c in evidence.calls]
    keys = ["dag_run", "deadline"]
    assert calls == [
        ("deadline_callback", "later", 0, "triggerer", "alerts.py", keys),
        ("deadline_callback", "late", 1, "executor", "alerts.py", keys),
    ]
    assert [c.returned for c in evidence.calls] == [True, True]
    aside = [e for e in evidence.executions if e.deadline is not None]
    assert [(e.component, e.work, e.deadline, e.exit_code) for e in aside] == [
        ("triggerer", "alerts.later", 0, 0),
        ("executor", "alerts.late", 1, 0),
    ]
    assert evidence.ended is not None
    assert 3 * 3600 <= evidence.ended < 3 * 3600 + 1
