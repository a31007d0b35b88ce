"""What people do to a run from outside: they mark tasks and runs, and answer tasks that ask."""

from __future__ import annotations

import pytest

from autograder.evidence import Evidence, comparable
from autograder.faults import raises, takes
from autograder.scenario import Scenario, marked, responds
from tests.control.conftest import Run


def events(evidence: Evidence) -> list[str]:
    return [event.event for event in evidence.logs if event.channel == "stdout"]


def states(evidence: Evidence) -> dict[str, str | None]:
    return {task.task_id: task.state for task in evidence.tasks}


TOLD_TO_STOP = """
    from airflow.sdk import BaseOperator, DAG, task

    def tells(context):
        print("a callback ran")

    class Long(BaseOperator):
        def execute(self, context): ...
        def on_kill(self):
            print("on_kill ran")

    with DAG("one", on_failure_callback=tells, on_success_callback=tells):
        work = Long(task_id="work", retries=2, on_failure_callback=tells, on_retry_callback=tells,
                    on_success_callback=tells)

        @task
        def after(): print("after ran")

        work >> after()
"""


def test_a_task_marked_failed_gets_on_kill_and_no_callback_of_its_own(run: Run) -> None:
    """The supervisor's heartbeat is refused (sdk/execution_time/supervisor.py:1723-1736): SIGTERM runs ``on_kill``,
    nothing else runs for the task, and it is not tried again. The DAG's own callback is the scheduler's, and runs."""
    scenario = Scenario({"work": takes("3h")}, others="run", marks=[marked("failed", at="1h", task="work")])
    evidence = run(TOLD_TO_STOP, scenario)
    assert evidence.outcome == "ran"
    assert states(evidence) == {"work": "failed", "after": "upstream_failed"}
    assert events(evidence)[0] == "on_kill ran"
    assert [(call.kind, call.task_id) for call in evidence.calls] == [("dag_failure_callback", None)]
    (attempt,) = (e for e in evidence.executions if e.component == "worker")
    assert attempt.terminal is None
    (moment,) = (t.at for t in evidence.transitions if (t.task_id, t.state) == ("work", "failed"))
    assert 3600 <= moment < 3600.1


def test_a_task_marked_success_is_stopped_too_and_what_follows_runs(run: Run) -> None:
    """``set_task_instance_state`` (serialization/definitions/dag.py:784); no success callback."""
    scenario = Scenario({"work": takes("3h")}, others="run", marks=[marked("success", at="1h", task="work")])
    evidence = run(TOLD_TO_STOP, scenario)
    assert states(evidence) == {"work": "success", "after": "success"}
    assert set(events(evidence)) == {"on_kill ran", "after ran", "a callback ran"}
    assert [call.kind for call in evidence.calls] == ["dag_success_callback"]


@pytest.mark.parametrize(("state", "running"), [("failed", "failed"), ("success", "success")])
def test_a_marked_run_stops_its_tasks_and_calls_nobody(run: Run, state: str, running: str) -> None:
    """Running tasks get the state, the others are skipped (api/common/mark_tasks.py:218-319); the DAG's callbacks
    come from the scheduler's own look at a run (models/dagrun.py:1221-1302), which does not happen any more."""
    marks = [marked(state, at="1h")]  # type: ignore[arg-type]
    evidence = run(TOLD_TO_STOP, Scenario({"work": takes("3h")}, others="run", marks=marks))
    assert evidence.state == state
    assert states(evidence) == {"work": running, "after": "skipped"}
    assert events(evidence) == ["on_kill ran"]
    assert evidence.calls == []


def test_a_failed_task_that_somebody_marks_success_lets_the_run_go_on(run: Run) -> None:
    """Downstream tasks that are ``upstream_failed`` are cleared (serialization/definitions/dag.py:838-863)."""
    scenario = Scenario(
        {"work": raises(OSError)}, others="run", retries=0, marks=[marked("success", at="2h", task="work")]
    )
    evidence = run(TOLD_TO_STOP, scenario)
    assert evidence.state == "success"
    assert states(evidence) == {"work": "success", "after": "success"}
    after = [(round(t.at), t.state) for t in evidence.transitions if t.task_id == "after"]
    assert (0, "upstream_failed") in after
    assert after[-1] == (7200, "success")
    kinds = [call.kind for call in evidence.calls]
    assert kinds == ["on_failure_callback", "dag_failure_callback", "dag_success_callback"]


ASKS = """
    from datetime import timedelta
    from airflow.sdk import DAG, Param, task
    from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator

    def tells(context):
        print("told:", type(context["exception"]).__name__)

    with DAG("one"):
        ask = HITLOperator(
            task_id="ask",
            subject="Load the late file?",
            options=["load", "leave out"],
            params={"reason": Param("none", type="string")},
            on_failure_callback=tells,
            %s
        )

        @task
        def after(**context):
            said = context["ti"].xcom_pull(task_ids="ask")
            print("said", said["chosen_options"], said["params_input"], said["responded_by_user"] is None)

        ask >> after()
"""


def test_a_task_that_asks_waits_without_a_process_until_somebody_answers(run: Run) -> None:
    """It is parked as AWAITING_INPUT (execution_api/routes/task_instances.py:724-757) and goes on by the API's own
    route (core_api/routes/public/hitl.py:145-247), in a new process of the same try."""
    answer = responds("load", after="90min", params={"reason": "the supplier was late"})
    evidence = run(ASKS % "", Scenario({"ask": None, "after": None}, responses={"ask": answer}))
    assert evidence.state == "success"
    assert events(evidence) == ["said ['load'] {'reason': 'the supplier was late'} False"]
    asked, told = (e for e in evidence.executions if e.task_id == "ask")
    assert (asked.terminal, asked.try_number) == ("awaiting_input", 1)
    assert (told.terminal, told.try_number) == ("success", 1)
    assert 5400 <= told.started - (asked.barrier or 0) < 5401
    assert "awaiting_input" in [t.state for t in evidence.transitions]


def test_a_question_that_nobody_answers_gets_its_default_or_fails_at_its_timeout(run: Run) -> None:
    """``check_awaiting_input_timeouts`` (jobs/scheduler_job_runner.py:3417-3517)."""
    timeout = "response_timeout=timedelta(hours=2),"
    default = run(ASKS % (timeout + ' defaults="leave out",'), Scenario({"ask": None, "after": None}))
    assert events(default) == ["said ['leave out'] {'reason': 'none'} True"]
    assert default.ended is not None
    assert 7200 <= default.ended < 7201
    failed = run(ASKS % timeout, Scenario({"ask": None, "after": None}))
    assert states(failed) == {"ask": "failed", "after": "upstream_failed"}
    assert events(failed) == ["told: HITLTimeoutError"]


def test_a_question_without_an_answer_or_a_timeout_says_who_is_waited_for(run: Run) -> None:
    evidence = run(ASKS % "", Scenario({"ask": None, "after": None}))
    assert evidence.outcome == "timeout"
    assert evidence.problem is not None
    assert evidence.problem.title == "The run cannot end: nobody answers `ask`."
    assert "response_timeout" in evidence.problem.advice


def test_an_answer_that_the_task_does_not_take_says_why(run: Run) -> None:
    """The API refuses it (core_api/routes/public/hitl.py:211-226)."""
    evidence = run(ASKS % "", Scenario({"ask": None}, responses={"ask": responds("Approve")}))
    assert evidence.outcome == "error"
    assert evidence.problem is not None
    assert evidence.problem.title == (
        'Somebody answers "Approve" to `ask`, which does not take that: '
        "Invalid options ['Approve']; allowed options are ['leave out', 'load']."
    )


def test_who_is_assigned_answers(run: Run) -> None:
    """Only they may (core_api/routes/public/hitl.py:198-209)."""
    assigned = 'assigned_users={"id": "ada", "name": "Ada"},'
    scenario = Scenario({"ask": None, "after": None}, responses={"ask": responds("load", after=60)})
    assert run(ASKS % assigned, scenario).state == "success"


def test_a_task_that_waits_for_its_retry_and_is_marked_failed_is_not_tried_again(run: Run) -> None:
    """There is no process that could run its failure callback; the state is all that changes."""
    marks = [marked("failed", at="2min", task="work")]
    scenario = Scenario({"work": raises(OSError)}, others="run", marks=marks)
    evidence = run(TOLD_TO_STOP, scenario)
    assert [e.try_number for e in evidence.executions if e.component == "worker"] == [1]
    assert [call.kind for call in evidence.calls] == ["on_retry_callback", "dag_failure_callback"]
    assert evidence.ended is not None
    assert 120 <= evidence.ended < 121


def test_a_mark_is_for_every_instance_of_a_mapped_task(run: Run) -> None:
    """``map_indexes=None`` (serialization/definitions/dag.py:805)."""
    source = """
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task
            def work(x): ...
            work.expand(x=[1, 2])
    """
    marks = [marked("failed", at="1h", task="work")]
    evidence = run(source, Scenario({"work": takes("2h")}, marks=marks))
    assert [(task.map_index, task.state) for task in evidence.tasks] == [(0, "failed"), (1, "failed")]
    assert evidence.ended is not None
    assert evidence.ended < 3606


def test_a_deferred_task_that_is_marked_has_no_trigger_any_more(run: Run) -> None:
    """``Trigger.clean_unused`` deletes triggers that no deferred task waits for (models/trigger.py:234-270), and the
    triggerer stops them."""
    source = """
        from datetime import timedelta
        from airflow.sdk import DAG
        from airflow.providers.standard.sensors.time_delta import TimeDeltaSensor
        with DAG("one"):
            TimeDeltaSensor(task_id="work", delta=timedelta(hours=3), deferrable=True)
    """
    evidence = run(source, Scenario("work", None, marks=[marked("failed", at="1h", task="work")]))
    assert states(evidence) == {"work": "failed"}
    (trigger,) = (e for e in evidence.executions if e.component == "triggerer")
    assert trigger.ended is not None
    assert 3600 <= trigger.ended < 3606


def test_a_rejection_skips_what_follows_and_who_is_asked_is_told(run: Run) -> None:
    """ApprovalOperator (providers/standard/operators/hitl.py:397-487); its notifiers are called before it waits
    (:231-232)."""
    source = """
        from airflow.sdk import BaseNotifier, DAG, task
        from airflow.providers.standard.operators.hitl import ApprovalOperator

        class Says(BaseNotifier):
            def notify(self, context): print("please look at", context["ti"].task_id)

        with DAG("one"):
            @task
            def after(): print("should not be reached")
            ApprovalOperator(task_id="approve", subject="Load it?", notifiers=Says()) >> after()
    """
    answer = {"approve": responds("Reject", after="10min")}
    evidence = run(source, Scenario({"approve": None, "after": None}, responses=answer))
    assert states(evidence) == {"approve": "success", "after": "skipped"}
    assert events(evidence) == ["please look at approve"]


def test_a_mark_later_than_anybody_looks_at_a_run_is_never_set(run: Run) -> None:
    marks = [marked("failed", at="15d")]
    evidence = run(TOLD_TO_STOP, Scenario({"work": takes("1h")}, marks=marks))
    assert (evidence.outcome, evidence.state) == ("ran", "success")


@pytest.mark.parametrize("state", ["failed", "success"])
def test_a_run_that_somebody_has_marked_is_late_all_the_same(run: Run, state: str) -> None:
    """Deadlines are dropped only when the scheduler finds that the run has succeeded (models/dagrun.py:1267-1277);
    a mark drops none (api/common/mark_tasks.py:218-319)."""
    source = """
        from datetime import timedelta
        from airflow.sdk import DAG, DeadlineAlert, DeadlineReference, SyncCallback, task

        def late(context): print("late:", context["dag_run"]["state"])

        alert = DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, timedelta(hours=2), SyncCallback(late))
        with DAG("one", deadline=alert):
            @task
            def work(): ...
            work()
    """
    marks = [marked(state, at="1h")]  # type: ignore[arg-type]
    evidence = run(source, Scenario("work", takes("90min"), marks=marks))
    assert evidence.state == state
    assert events(evidence) == [f"late: {state}"]
    (deadline,) = evidence.deadlines
    assert deadline.missed is not None
    assert deadline.pruned is None
    assert 7200 <= deadline.missed < 7201


def test_control_makes_nothing_of_what_a_waiting_task_has_packed_up(run: Run) -> None:
    """An answer unpacks a task's ``next_kwargs`` in the API server (models/trigger.py:503-530), which here is the
    trusted side: classes of Airflow's that it is told to make are refused, dates and the like are not."""
    source = """
        from airflow.providers.standard.operators.hitl import HITLOperator
        from airflow.sdk import DAG, Asset
        from airflow.sdk.exceptions import TaskAwaitingInput
        from datetime import UTC, datetime

        class Packs(HITLOperator):
            def execute(self, context):
                try:
                    super().execute(context)
                except TaskAwaitingInput:
                    raise TaskAwaitingInput(method_name="goes_on", kwargs={"given": PACKED})
            def goes_on(self, context, event, given):
                print("unpacked", type(given).__name__)

        with DAG("one"):
            Packs(task_id="ask", subject="?", options=["yes"])
    """
    scenario = Scenario("ask", None, responses={"ask": responds("yes")})
    dated = run(source.replace("PACKED", "datetime(2026, 11, 20, tzinfo=UTC)"), scenario)
    assert events(dated) == ["unpacked datetime"]
    forged = run(source.replace("PACKED", 'Asset("s3://bucket/key")'), scenario)
    assert forged.state == "failed"
    assert events(forged) == []


def test_people_do_the_same_with_the_same_seed(run: Run) -> None:
    answered = Scenario({"ask": None, "after": None}, responses={"ask": responds("load", after="1h")})
    stopped = Scenario({"work": takes("3h")}, others="run", marks=[marked("failed", at="1h")])
    for source, scenario in ((ASKS % "", answered), (TOLD_TO_STOP, stopped)):
        assert comparable(run(source, scenario)) == comparable(run(source, scenario))


def test_a_mark_on_a_task_that_the_dag_lacks_changes_nothing(run: Run) -> None:
    """The API answers 404 (core_api/services/public/task_instances.py:159)."""
    scenario = Scenario({"work": takes("2h")}, marks=[marked("failed", at="1h", task="nosuch")])
    assert run(TOLD_TO_STOP, scenario).state == "success"
