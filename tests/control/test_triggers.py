"""Deferred tasks: their triggers run in the triggerer, and what comes of them is in the task's next execution."""

from __future__ import annotations

from pathlib import Path

from autograder.evidence import Evidence
from autograder.faults import takes
from autograder.scenario import Scenario, marked
from tests.control.conftest import Run
from tests.control.test_deadlines import beside, said


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


PATIENT = """
import asyncio
from airflow.triggers.base import BaseTrigger, TriggerEvent

class Patient(BaseTrigger):
    def __init__(self, moments=10**9, how="asks"):
        super().__init__()
        self.moments, self.how = moments, how

    def serialize(self):
        return "patient.Patient", {"moments": self.moments, "how": self.how}

    async def run(self):
        for _ in range(self.moments):
            await asyncio.sleep(60)
        if self.how == "raises":
            raise OSError("no line")
        if self.how != "silent":
            yield TriggerEvent({"asked": self.moments})
            await asyncio.sleep(3600)
            print("never reached")

    async def on_kill(self):
        print("on_kill of the trigger")
        await asyncio.sleep(1)

    async def cleanup(self):
        print("cleanup")
"""

WAITING = """
from datetime import timedelta
from airflow.sdk import DAG, BaseOperator
from patient import Patient

class Waits(BaseOperator):
    def __init__(self, trigger, timeout=None, **kwargs):
        super().__init__(**kwargs)
        self.trigger, self.timeout = trigger, timeout

    def execute(self, context):
        self.defer(trigger=self.trigger, method_name="go_on", timeout=self.timeout, kwargs={"given": [1, "x"]})

    def go_on(self, context, event, given):
        print(event, given)

    def on_kill(self):
        print("on_kill of the task")

def tells(context):
    print(context["ti"].try_number, type(context["exception"]).__name__, context["exception"])

with DAG("one", default_args={"on_failure_callback": tells, "on_retry_callback": tells}):
"""


def test_the_event_is_what_the_task_goes_on_with_and_ends_the_trigger(run: Run, tmp_path: Path) -> None:
    """models/trigger.py:272-304 resumes the task; the row is deleted (:234), so the trigger is cancelled
    (jobs/triggerer_job_runner.py:974) with on_kill (:1658) and cleanup (:1690)."""
    beside(tmp_path, patient=PATIENT)
    source = WAITING + "    Waits(trigger=Patient(3), task_id='work')"
    evidence = run(source, Scenario("work", None))
    assert evidence.state == "success"
    assert said(evidence) == ["on_kill of the trigger", "{'asked': 3} [1, 'x']", "cleanup"]
    assert workers(evidence) == [("work", 1, "deferred"), ("work", 1, "success")]
    assert triggerers(evidence) == [("work", "patient.Patient", 0)]
    assert evidence.ended is not None
    assert 180 < evidence.ended < 182


def test_a_trigger_that_raises_or_says_nothing_fails_its_task(run: Run, tmp_path: Path) -> None:
    """models/trigger.py:307-344 (``__fail__``) and sdk/bases/operator.py: TaskDeferralError in the worker."""
    beside(tmp_path, patient=PATIENT)
    source = (
        WAITING
        + """
    Waits(trigger=Patient(1, "raises"), task_id="raises", retries=1, retry_delay=timedelta(minutes=5))
    Waits(trigger=Patient(1, "silent"), task_id="silent")
"""
    )
    evidence = run(source, Scenario({}, others="run"))
    assert {t.task_id: (t.state, t.tries) for t in evidence.tasks} == {
        "raises": ("failed", 2),
        "silent": ("failed", 1),
    }
    told = [line for line in said(evidence) if "Deferral" in line]
    assert told == [
        "1 TaskDeferralError Trigger failure",
        "1 TaskDeferralError Trigger failure",
        "2 TaskDeferralError Trigger failure",
    ]
    assert len([e for e in evidence.executions if e.component == "triggerer"]) == 3


def test_a_task_that_waits_too_long_for_its_trigger_fails_and_the_trigger_is_cancelled(
    run: Run, tmp_path: Path
) -> None:
    """jobs/scheduler_job_runner.py:3392-3414; run_trigger raises at once after a timeout (:1649-1654): no on_kill."""
    beside(tmp_path, patient=PATIENT)
    source = WAITING + "    Waits(trigger=Patient(), timeout=timedelta(hours=1), task_id='work')"
    evidence = run(source, Scenario("work", None))
    assert evidence.state == "failed"
    assert said(evidence) == ["cleanup", "1 TaskDeferralTimeout Trigger timeout"]
    assert [e.event for e in evidence.logs if e.level == "error" and e.component == "triggerer"] == [
        "Trigger cancelled due to timeout"
    ]
    assert evidence.ended is not None
    assert 3600 < evidence.ended < 3601


def test_a_deferred_task_that_somebody_marks_takes_its_trigger_along(run: Run, tmp_path: Path) -> None:
    """The row's task is no longer deferred (models/trigger.py:234-268): cancelled as by a user, with on_kill."""
    beside(tmp_path, patient=PATIENT)
    source = WAITING + "    Waits(trigger=Patient(), task_id='work')"
    evidence = run(source, Scenario("work", None, marks=[marked("failed", at="2h", task="work")]))
    assert evidence.state == "failed"
    assert said(evidence) == ["on_kill of the trigger", "cleanup"]
    assert evidence.ended is not None
    assert 7200 < evidence.ended < 7203


def test_ids_of_triggers_that_are_gone_are_given_to_new_ones(run: Run, tmp_path: Path) -> None:
    beside(tmp_path, patient=PATIENT)
    source = (
        WAITING
        + """
    Waits(trigger=Patient(3), task_id="first") >> Waits(trigger=Patient(4), task_id="second")
"""
    )
    evidence = run(source, Scenario({}, others="run"))
    assert evidence.state == "success"
    assert [line for line in said(evidence) if "asked" in line] == [
        "{'asked': 3} [1, 'x']",
        "{'asked': 4} [1, 'x']",
    ]


def test_control_makes_no_objects_of_what_a_task_defers_with(run: Run, tmp_path: Path) -> None:
    beside(tmp_path, patient=PATIENT)
    """models/trigger.py:503-527 would: of any class of Airflow's own. Here only of those that deadlines need."""
    source = (
        (WAITING + "    Waits(trigger=Patient(1), task_id='work')")
        .replace("import DAG", "import DAG, Asset")
        .replace('[1, "x"]', 'Asset("other")')
    )
    evidence = run(source, Scenario("work", None))
    assert evidence.state == "failed"
    (why,) = (line for line in said(evidence) if "Deferral" in line)
    assert "could not be decoded" in why


def test_a_trigger_that_ends_the_triggerer_leaves_its_task_waiting(run: Run, tmp_path: Path) -> None:
    """The triggerer ends with its runner (jobs/triggerer_job_runner.py:683-685), and its successor with it too."""
    beside(tmp_path, patient=PATIENT.replace('raise OSError("no line")', "import os; os._exit(3)"))
    source = (
        WAITING
        + """
    Waits(trigger=Patient(1, "raises"), task_id="for_ever")
    Waits(trigger=Patient(1, "raises"), timeout=timedelta(hours=1), task_id="for_an_hour")
"""
    )
    evidence = run(source, Scenario({}, others="run"))
    assert evidence.outcome == "timeout"
    assert evidence.problem is not None
    assert "the trigger of `for_ever` has ended the triggerer's process" in evidence.problem.title
    assert [code for _, _, code in triggerers(evidence)] == [3, 3]
    assert said(evidence) == ["1 TaskDeferralTimeout Trigger timeout"]


def test_a_trigger_speaks_for_itself_and_its_task_only(run: Run, tmp_path: Path) -> None:
    """In production triggers share a process and may; here each has its own, and control knows whose it is."""
    forged = """
            from airflow.sdk.execution_time import task_runner
            from airflow.jobs.triggerer_job_runner import TriggerEventEntry, messages
            event = TriggerEventEntry(self.trigger_id % 2 + 1, TriggerEvent("forged"), None)
            task_runner.SUPERVISOR_COMMS.send(messages.TriggerStateChanges(events=[event]))
"""
    beside(tmp_path, patient=PATIENT.replace('            raise OSError("no line")\n', forged))
    source = (
        WAITING
        + """
    Waits(trigger=Patient(1, "raises"), timeout=timedelta(hours=1), task_id="forges")
    Waits(trigger=Patient(2), task_id="waits")
"""
    )
    evidence = run(source, Scenario({}, others="run"))
    assert {t.task_id: t.state for t in evidence.tasks} == {"forges": "failed", "waits": "success"}
    violations = [(e.task_id, e.violations) for e in evidence.executions if e.violations]
    assert violations == [("forges", ["TriggerStateChanges for another trigger"])]
    assert "{'asked': 2} [1, 'x']" in said(evidence)


def test_a_task_may_begin_and_end_in_the_triggerer(run: Run) -> None:
    """models/dagrun.py:2097 and taskinstance.py:1808 begin it there; models/trigger.py:632-709 ends it. Its callbacks
    run in the DAG processor, which has none for success (dag_processing/processor.py:432-440)."""
    source = """
        from datetime import UTC, datetime, timedelta
        from airflow.sdk import DAG, task
        from airflow.providers.standard.sensors.date_time import DateTimeSensorAsync
        def tells(context): print("called")
        with DAG("one"):
            DateTimeSensorAsync(
                task_id="work",
                target_time="{{ logical_date + macros.timedelta(hours=2) }}",
                start_from_trigger=True,
                end_from_trigger=True,
                on_success_callback=tells,
            )
    """
    evidence = run(source, Scenario("work", None))
    assert evidence.problem is None
    assert evidence.state == "success"
    assert [e.component for e in evidence.executions] == ["DAG processor", "triggerer", "DAG processor"]
    (trigger,) = (e for e in evidence.executions if e.component == "triggerer")
    assert (trigger.task_id, trigger.try_number) == ("work", 1)
    assert trigger.ended is not None
    assert 7200 <= trigger.ended < 7202
    assert evidence.calls == []
    warned = [e.event for e in evidence.logs if e.level == "warning" and e.component == "DAG processor"]
    assert warned == ["Task callback requested but is not a failure callback"]


def test_a_task_that_its_trigger_fails_is_tried_again_and_told_of_by_the_dag_processor(
    run: Run, tmp_path: Path
) -> None:
    """models/trigger.py:649-707: ``TaskFailedEvent`` keeps to the task's retries."""
    ends = PATIENT.replace('raise OSError("no line")', "yield TaskFailedEvent()").replace(
        "BaseTrigger, ", "BaseTrigger, TaskFailedEvent, "
    )
    beside(tmp_path, patient=ends)
    source = (
        WAITING.replace('context["exception"]', 'context.get("exception")')
        + """
    Waits(trigger=Patient(1, "raises"), task_id="work", retries=1, retry_delay=timedelta(minutes=5))
"""
    )
    evidence = run(source, Scenario("work", None))
    assert evidence.state == "failed"
    calls = [(c.kind, c.component, c.task_id, c.try_number) for c in evidence.calls]
    assert calls == [
        ("on_retry_callback", "DAG processor", "work", 1),
        ("on_failure_callback", "DAG processor", "work", 2),
    ]
    assert workers(evidence) == [("work", 1, "deferred"), ("work", 2, "deferred")]


def test_a_callback_without_end_is_named_when_virtual_time_is_over(run: Run, tmp_path: Path) -> None:
    source = """
        import time
        from datetime import timedelta
        from airflow.sdk import DAG, DeadlineAlert, DeadlineReference, SyncCallback, task
        def late():
            while True:
                time.sleep(3600)
        alert = DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, timedelta(hours=1), SyncCallback(late))
        with DAG("one", deadline=alert):
            @task
            def work(): ...
            work()
    """
    evidence = run(source, Scenario("work", takes("2h")))
    assert evidence.outcome == "timeout"
    assert evidence.problem is not None
    assert evidence.problem.title.endswith("still going on: `late`.")
    assert [(d.state, d.missed) for d in evidence.deadlines] == [("running", 3600.010001)]


def test_a_trigger_that_waits_for_what_never_comes_is_ended_by_its_timeout(run: Run, tmp_path: Path) -> None:
    beside(tmp_path, patient=PATIENT.replace("asyncio.sleep(60)", "asyncio.Event().wait()"))
    source = WAITING + "    Waits(trigger=Patient(), timeout=timedelta(hours=1), task_id='work')"
    evidence = run(source, Scenario("work", None))
    assert (evidence.outcome, evidence.state) == ("ran", "failed")
    assert said(evidence) == ["cleanup", "1 TaskDeferralTimeout Trigger timeout"]
    assert evidence.ended is not None
    assert 3600 < evidence.ended < 3601


def test_a_trigger_in_the_file_of_the_dag_is_not_found_by_the_triggerer(run: Run, tmp_path: Path) -> None:
    """jobs/triggerer_job_runner.py:1340-1346: what cannot be imported by its name fails, and its task with it."""
    beside(tmp_path, patient=PATIENT)
    source = WAITING.replace(
        "with DAG(",
        'class Near(Patient):\n    def serialize(self):\n        return f"{__name__}.Near", {}\n\nwith DAG(',
    )
    evidence = run(source + "    Waits(trigger=Near(1), task_id='work')", Scenario("work", None))
    assert evidence.state == "failed"
    assert said(evidence) == ["1 TaskDeferralError Trigger failure"]
    (why,) = (e for e in evidence.logs if e.component == "triggerer" and e.level == "error")
    assert why.event == "Trigger failed to load code"
    assert "No module named 'unusual_prefix_" in str(why.fields["error"])
