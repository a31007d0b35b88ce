"""Processes and machines that are gone: who notices, when, and which callbacks are left."""

from __future__ import annotations

from autograder.evidence import Evidence, comparable
from autograder.faults import dies_by, exits, loses_machine, loses_worker, takes
from autograder.scenario import Scenario
from tests.control.conftest import Run
from tests.control.dags import ONE_TASK


def after_execute(evidence: Evidence) -> list[tuple[str, str, int | None, str]]:
    return [
        (call.kind, call.name, call.try_number, call.component)
        for call in evidence.calls
        if call.kind != "on_execute_callback"
    ]


FAILED_TWICE = 2 * [("on_failure_callback", name, 1, "DAG processor") for name in ("first", "breaks", "last")]


def test_a_lost_machine_is_noticed_after_five_minutes_and_the_callbacks_run_twice(run: Run) -> None:
    """``_purge_task_instances_without_heartbeats`` sends one request (jobs/scheduler_job_runner.py:3603-3636) and has
    the executor fail the task, for which ``process_executor_events`` sends another (:1530-1567)."""
    evidence = run(ONE_TASK, Scenario("work", loses_machine(), retries=0))
    assert evidence.state == "failed"
    assert after_execute(evidence) == FAILED_TWICE
    assert all("exception" not in call.context for call in evidence.calls[1:])
    gone = next(e for e in evidence.executions if e.component == "worker")
    assert (gone.exit_code, gone.terminal) == (-9, None)
    (failed,) = (t.at for t in evidence.transitions if t.state == "failed")
    assert gone.ended is not None
    assert 300 <= failed - gone.ended < 300.1


def test_a_lost_machine_with_a_retry_left_runs_the_retry_callback_twice_and_then_tries_again(
    run: Run,
) -> None:
    """Both requests ask whether a retry is left (jobs/scheduler_job_runner.py:3591-3599 and :1554-1558)."""
    evidence = run(ONE_TASK, Scenario("work", [loses_machine()]))
    assert after_execute(evidence) == [
        *2 * [("on_retry_callback", "retry", 1, "DAG processor")],
        ("on_success_callback", "success", 2, "worker"),
    ]
    first, second = (e for e in evidence.executions if e.component == "worker")
    assert 600 <= second.started - (first.ended or 0) < 601, "the timeout and the delay of five minutes"


def test_tasks_that_live_longer_than_the_timeout_keep_their_heartbeat(run: Run) -> None:
    """Their supervisors send one all the while (sdk/execution_time/supervisor.py:1703-1721)."""
    source = """
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task
            def gone(): ...
            @task
            def lives(): ...
            gone()
            lives()
    """
    evidence = run(source, Scenario({"gone": loses_machine(), "lives": takes("2h")}))
    assert {task.task_id: task.state for task in evidence.tasks} == {"gone": "failed", "lives": "success"}


def test_a_lost_worker_is_noticed_at_once_and_its_callbacks_run_once(run: Run) -> None:
    """The executor reports it: one request (jobs/scheduler_job_runner.py:1530-1567)."""
    evidence = run(ONE_TASK, Scenario("work", loses_worker(), retries=0))
    assert after_execute(evidence) == FAILED_TWICE[:3]
    assert evidence.ended is not None
    assert evidence.ended < 1


def test_a_killed_process_without_a_retry_left_has_no_callback_at_all(run: Run) -> None:
    """Its supervisor reports FAILED (sdk/execution_time/supervisor.py:1772-1780), so the scheduler sees a task that
    has ended and asks nobody (jobs/scheduler_job_runner.py:1476-1494). ``os._exit`` is the same."""
    for fault in (dies_by("SIGKILL"), exits(1)):
        evidence = run(ONE_TASK, Scenario("work", fault, retries=0))
        assert evidence.state == "failed"
        assert after_execute(evidence) == []


def test_a_killed_process_with_a_retry_left_has_its_retry_callback_in_the_dag_processor(run: Run) -> None:
    """UP_FOR_RETRY from the supervisor is refused for a running task, so the executor reports a failure: the task
    still runs, the scheduler asks the DAG processor (jobs/scheduler_job_runner.py:1476-1567)."""
    evidence = run(ONE_TASK, Scenario("work", [dies_by("SIGKILL")], retries=1))
    assert after_execute(evidence) == [
        ("on_retry_callback", "retry", 1, "DAG processor"),
        ("on_success_callback", "success", 2, "worker"),
    ]
    assert "exception" not in evidence.calls[1].context


def test_a_loss_is_the_same_with_the_same_seed(run: Run) -> None:
    scenario = Scenario("work", [loses_machine()])
    assert comparable(run(ONE_TASK, scenario)) == comparable(run(ONE_TASK, scenario))
