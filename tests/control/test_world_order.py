"""What the database says while callbacks run, which limits they have, and what stops whom."""

from __future__ import annotations

from autograder.evidence import Evidence
from autograder.faults import raises, takes
from autograder.scenario import Scenario, marked
from tests.control.conftest import Run


def prints(evidence: Evidence) -> list[str]:
    return [event.event for event in evidence.logs if event.channel == "stdout"]


def moment(evidence: Evidence, task_id: str, state: str) -> float:
    return next(t.at for t in evidence.transitions if (t.task_id, t.state) == (task_id, state))


def test_what_follows_runs_while_the_success_callback_before_it_still_does(run: Run) -> None:
    """SUCCESS is written first (sdk/execution_time/task_runner.py:1718, supervisor.py:1796-1803), callbacks follow."""
    source = """
        import time
        from airflow.sdk import DAG, task

        def slow(context):
            time.sleep(10)
            print("callback done")

        with DAG("one"):
            @task(on_success_callback=slow)
            def first(): ...
            @task
            def second(): print("second ran")
            first() >> second()
    """
    evidence = run(source, Scenario({}, others="run"))
    assert prints(evidence) == ["second ran", "callback done"]
    (call,) = evidence.calls
    assert call.end is not None
    assert moment(evidence, "second", "success") < call.end
    assert moment(evidence, "first", "success") <= call.start


def test_failed_is_written_only_when_the_failure_callbacks_are_done(run: Run) -> None:
    """The supervisor keeps it until the process has ended (supervisor.py:1789-1795, 1549-1560): a failure callback
    sees ``running``, and what it pushes is there for what follows."""
    source = """
        import time
        from airflow.sdk import DAG, task

        def slow(context):
            ti = context["ti"]
            print(ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id])[ti.run_id]["first"])
            time.sleep(10)
            ti.xcom_push(key="told", value="yes")

        with DAG("one"):
            @task(on_failure_callback=slow)
            def first(): raise OSError
            @task(trigger_rule="all_done")
            def second(**context): print("told:", context["ti"].xcom_pull(task_ids="first", key="told"))
            first() >> second()
    """
    evidence = run(source, Scenario({}, others="run"))
    assert prints(evidence) == ["running", "told: yes"]
    (call,) = evidence.calls
    assert call.end is not None
    assert moment(evidence, "first", "failed") >= call.end


FAIL_FAST_TASK = """
    import time
    from airflow.sdk import BaseOperator, DAG
    from airflow.sdk.exceptions import AirflowFailException

    def slow(context):
        print("callback of try", context["ti"].try_number)
        time.sleep(60)

    def after(context): print("should not be reached")

    class Breaks(BaseOperator):
        def execute(self, context):
            raise AirflowFailException("do not try again")
        def on_kill(self): print("on_kill")

    with DAG("one"):
        Breaks(task_id="work", retries=1, retry_delay=60, on_failure_callback=[slow, after])
"""


def test_callbacks_have_twenty_seconds_and_a_task_that_never_retries_tries_again_when_they_are_killed(
    run: Run,
) -> None:
    """``task_success_overtime`` (supervisor.py:1682-1697): SIGTERM, which only calls ``on_kill`` (task_runner.py:
    1544-1551), and SIGKILL five seconds later. The exit code then says "failed" and a retry is left, so FAILED
    becomes UP_FOR_RETRY (supervisor.py:1772-1780)."""
    evidence = run(FAIL_FAST_TASK, Scenario("work", None))
    assert prints(evidence) == ["callback of try 1", "on_kill", "callback of try 2", "on_kill"]
    first, second = (e for e in evidence.executions if e.component == "worker")
    for attempt in (first, second):
        assert (attempt.terminal, attempt.exit_code) == ("failed", -9)
        assert 25 <= (attempt.ended or 0) - (attempt.barrier or 0) < 25.1
    states = [t.state for t in evidence.transitions]
    assert states[-3:] == ["up_for_retry", "running", "failed"]
    assert evidence.state == "failed"


def test_a_failed_task_of_a_fail_fast_dag_stops_those_that_run_and_skips_the_rest(run: Run) -> None:
    """``_stop_remaining_tasks`` (models/taskinstance.py:168-203) by way of the API server's route
    (execution_api/routes/task_instances.py:592-611); a stopped task gets ``on_kill`` and no callback."""
    source = """
        from airflow.sdk import BaseOperator, DAG, task

        def tells(context): ...

        class Long(BaseOperator):
            def execute(self, context): ...
            def on_kill(self): print("on_kill")

        with DAG("one", fail_fast=True):
            @task(on_failure_callback=tells)
            def breaks(): ...
            long = Long(task_id="long", retries=3, on_failure_callback=tells, on_retry_callback=tells)
            @task
            def after(): ...
            breaks()
            long >> after()
    """
    slow_failure = [raises(OSError)]
    evidence = run(source, Scenario({"breaks": slow_failure, "long": takes("2h")}, others="run"))
    assert {task.task_id: task.state for task in evidence.tasks} == {
        "breaks": "failed",
        "long": "failed",
        "after": "skipped",
    }
    assert prints(evidence) == ["on_kill"]
    assert [(call.task_id, call.kind) for call in evidence.calls] == [("breaks", "on_failure_callback")]
    assert evidence.ended is not None
    assert evidence.ended < 60


def test_a_run_that_times_out_skips_what_is_unfinished_and_only_the_dag_calls_back(run: Run) -> None:
    """``_schedule_dag_run`` (jobs/scheduler_job_runner.py:2853-2903). The process hears of it at its heartbeat:
    ``on_kill``, no callback of the task's."""
    source = """
        from datetime import timedelta
        from airflow.sdk import BaseOperator, DAG, task

        def tells(context): print(context["reason"], context["ti"].task_id, "exception" in context)
        def never(context): print("should not be reached")

        class Long(BaseOperator):
            def execute(self, context): ...
            def on_kill(self): print("on_kill")

        callbacks = {f"on_{kind}_callback": never for kind in ("success", "failure", "retry", "skipped")}
        with DAG("one", dagrun_timeout=timedelta(hours=2), on_failure_callback=tells, default_args=callbacks):
            @task
            def after(): ...
            Long(task_id="long", retries=2) >> after()
    """
    evidence = run(source, Scenario({"long": takes("3h")}, others="run"))
    assert evidence.state == "failed"
    assert {task.task_id: task.state for task in evidence.tasks} == {"long": "skipped", "after": "skipped"}
    assert sorted(prints(evidence)) == ["on_kill", "timed_out long False"]
    (call,) = evidence.calls
    assert (call.kind, call.component, call.reason) == ("dag_failure_callback", "DAG processor", "timed_out")
    assert 7200 <= call.start < 7201


def test_a_pool_with_one_slot_lets_one_task_run_at_a_time(run: Run) -> None:
    """``_executable_task_instances_to_queued`` counts the open slots (jobs/scheduler_job_runner.py:786-843)."""
    source = """
        from airflow.sdk import DAG, task
        with DAG("one"):
            for name in ("left", "right"):
                @task(task_id=name, pool="loading")
                def work(): ...
                work()
    """
    hour = takes("1h")
    one = run(source, Scenario(["left", "right"], hour, pools={"loading": 1}))
    assert one.ended is not None
    assert 7200 < one.ended < 7201
    two = run(source, Scenario(["left", "right"], hour, pools={"loading": 2}))
    assert two.ended is not None
    assert 3600 < two.ended < 3601


def test_the_default_pool_has_the_slots_that_the_scenario_gives_it(run: Run) -> None:
    source = """
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task
            def work(x): ...
            work.expand(x=[1, 2, 3])
    """
    evidence = run(source, Scenario("work", takes("1h"), pools={"default_pool": 1}))
    assert evidence.ended is not None
    assert 3 * 3600 < evidence.ended < 3 * 3600 + 1


def test_a_task_that_wants_more_slots_than_its_pool_has_never_runs_and_the_run_says_why(run: Run) -> None:
    """jobs/scheduler_job_runner.py:822-834: a warning in the scheduler's log, and the task stays scheduled."""
    source = """
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task(pool="loading", pool_slots=2)
            def work(): ...
            work()
    """
    evidence = run(source, Scenario("work", None, pools={"loading": 1}))
    assert evidence.outcome == "timeout"
    assert evidence.problem is not None
    assert evidence.problem.title == (
        "The run cannot end: `work` wants 2 slots of the pool `loading`, which has 1."
    )
    assert run(source, Scenario("work", None, pools={"loading": 2})).state == "success"
    one = run(source.replace(", pool_slots=2", ""), Scenario("work", None, pools={"loading": 0})).problem
    assert one is not None
    assert one.title == "The run cannot end: `work` wants 1 slot of the pool `loading`, which has 0."


def test_an_execution_timeout_is_no_exception_that_a_task_catches_by_accident(run: Run) -> None:
    """``_run_execute_callable`` (sdk/execution_time/task_runner.py:2160-2193) arms it around ``execute`` alone, and
    calls ``on_kill``; AirflowTaskTimeout is a BaseException (sdk/exceptions.py:193), retried like any other."""
    source = """
        import time
        from datetime import timedelta
        from airflow.sdk import BaseOperator, DAG

        def slow(context):
            print(context["ti"].try_number, type(context["exception"]).__name__)
            time.sleep(15)
            print("callback done")

        class Loads(BaseOperator):
            def execute(self, context):
                try:
                    time.sleep(7200)
                except Exception:
                    print("caught by accident")
            def on_kill(self): print("on_kill")

        with DAG("one"):
            Loads(task_id="work", execution_timeout=timedelta(seconds=10), retries=1, retry_delay=60,
                  on_retry_callback=slow, on_failure_callback=slow)
    """
    evidence = run(source, Scenario("work", None))
    each = ["on_kill", "{} AirflowTaskTimeout", "callback done"]
    assert prints(evidence) == [line.format(number) for number in (1, 2) for line in each]
    attempts = [e for e in evidence.executions if e.component == "worker"]
    assert [round((e.barrier or 0) - e.started) for e in attempts] == [10, 10]
    assert [round((e.ended or 0) - e.started) for e in attempts] == [25, 25]
    assert evidence.state == "failed"


def test_work_that_ends_within_five_seconds_of_its_mark_runs_its_success_callback_and_stays_failed(
    run: Run,
) -> None:
    """``kill(SIGTERM, force=True)`` leaves five seconds (supervisor.py:1076-1130), and the signal only calls
    ``on_kill`` (task_runner.py:1544-1551). The server then refuses the success, which the task's process only logs
    before it goes on to its callbacks (task_runner.py:1711-1722)."""
    source = """
        import time
        from airflow.sdk import BaseOperator, DAG

        class Stubborn(BaseOperator):
            def execute(self, context):
                self.stop = False
                while not self.stop:
                    time.sleep(1)
                print("ended in time")
            def on_kill(self): self.stop = True

        with DAG("one"):
            Stubborn(task_id="work", on_success_callback=lambda context: print("success"))
    """
    evidence = run(source, Scenario("work", None, marks=[marked("failed", at="1h", task="work")]))
    assert prints(evidence) == ["ended in time", "success"]
    assert [task.state for task in evidence.tasks] == ["failed"]
    assert evidence.state == "failed"
    (attempt,) = (e for e in evidence.executions if e.component == "worker")
    assert attempt.ended is not None
    assert 3600 <= attempt.ended < 3606
