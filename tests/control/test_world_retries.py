"""When a task is tried again, how long that takes, and what is left of the try before."""

from __future__ import annotations

import hashlib
from itertools import pairwise

from autograder.evidence import Evidence
from autograder.faults import raises
from autograder.scenario import Scenario
from tests.control.conftest import Run


def prints(evidence: Evidence) -> list[str]:
    return [event.event for event in evidence.logs if event.channel == "stdout"]


def pauses(evidence: Evidence) -> list[float]:
    """Seconds from the end of one try to the start of the next."""
    attempts = [e for e in evidence.executions if e.component == "worker"]
    return [after.started - (before.barrier or 0) for before, after in pairwise(attempts)]


def delay(task_id: str, logical_date: str | None, try_number: int, base: int, factor: int) -> int:
    """models/taskinstance.py:1224-1284 in our words."""
    least = base * factor ** (try_number - 1)
    digest = hashlib.sha1(f"one#{task_id}#{logical_date}#{try_number}".encode()).hexdigest()
    return least + int(digest, 16) % least


BACK_OFF = """
    from datetime import timedelta
    from airflow.sdk import DAG, task
    with DAG("one"):
        @task(retries=3, retry_delay=timedelta(minutes=30), retry_exponential_backoff=2.0)
        def work(): ...
        work()
"""


def test_back_off_has_a_jitter_that_only_the_dag_the_task_the_date_and_the_try_decide(run: Run) -> None:
    """``next_retry_datetime`` (models/taskinstance.py:1224-1284): a hash, not chance."""
    evidence = run(BACK_OFF, Scenario("work", raises(OSError)))
    date = evidence.epoch.replace("T", " ")
    expected = [delay("work", date, number, 1800, 2) for number in (1, 2, 3)]
    assert [int(pause) for pause in pauses(evidence)] == expected
    undated = run(BACK_OFF, Scenario("work", raises(OSError), logical_date=None))
    assert [int(pause) for pause in pauses(undated)] == [
        delay("work", None, number, 1800, 2) for number in (1, 2, 3)
    ]


def test_back_off_stops_at_the_longest_delay(run: Run) -> None:
    """models/taskinstance.py:1280-1283."""
    source = BACK_OFF.replace("retries=3,", "retries=3, max_retry_delay=timedelta(minutes=40),")
    first, second, third = pauses(run(source, Scenario("work", raises(OSError))))
    assert 1800 <= first < 2401
    assert 2400 <= second < 2401
    assert 2400 <= third < 2401


def test_the_map_index_is_not_in_the_hash_so_mapped_tasks_come_back_together(run: Run) -> None:
    """models/taskinstance.py:1264-1270."""
    source = BACK_OFF.replace("def work(): ...", "def work(x): ...").replace(
        "work()\n", "work.expand(x=[1, 2])\n"
    )
    evidence = run(source, Scenario("work", [raises(OSError)]))
    starts = [e.started for e in evidence.executions if e.try_number == 2]
    assert len(starts) == 2
    assert max(starts) - min(starts) < 1


POLICY = """
    from datetime import timedelta
    from airflow.sdk import DAG, task
    from airflow.sdk.definitions.retry_policy import ExceptionRetryPolicy, RetryAction, RetryRule

    def tells(context): print("failed at try", context["ti"].try_number)

    policy = ExceptionRetryPolicy(
        rules=[
            RetryRule(exception=PermissionError, action=RetryAction.FAIL, reason="nobody will change that"),
            RetryRule(exception=ConnectionError, retry_delay=timedelta(seconds=90)),
        ]
    )
    with DAG("one"):
        @task(retries=2, retry_delay=timedelta(minutes=30), retry_policy=policy, on_failure_callback=tells)
        def work(): ...
        work()
"""


def test_a_retry_policy_fails_a_task_at_once(run: Run) -> None:
    """``_handle_current_task_failed`` asks it in the worker (sdk/execution_time/task_runner.py:1790-1809)."""
    evidence = run(POLICY, Scenario("work", raises(PermissionError)))
    assert prints(evidence) == ["failed at try 1"]
    assert [call.kind for call in evidence.calls] == ["on_failure_callback"]
    (decided,) = (event for event in evidence.logs if event.event.startswith("Retry policy decision"))
    assert decided.fields["reason"] == "nobody will change that"


def test_a_retry_policy_sets_the_delay_and_others_keep_the_task_s_own(run: Run) -> None:
    """The delay is stored and comes first (models/taskinstance.py:1236-1239); subclasses match too, and what matches
    no rule is as without a policy (sdk/definitions/retry_policy.py:315-329). There are
    never more tries than ``retries``."""
    quick = run(POLICY, Scenario("work", raises(ConnectionResetError)))
    assert [int(pause) for pause in pauses(quick)] == [90, 90]
    assert prints(quick) == ["failed at try 3"]
    slow = run(POLICY, Scenario("work", raises(KeyError)))
    assert [int(pause) for pause in pauses(slow)] == [1800, 1800]


def test_a_retry_policy_that_breaks_leaves_it_to_the_task_s_settings(run: Run) -> None:
    """sdk/execution_time/task_runner.py:1790-1809."""
    source = """
        from airflow.sdk import DAG, RetryPolicy, task

        class Broken(RetryPolicy):
            def evaluate(self, exception, try_number, max_tries, context=None):
                raise RuntimeError("no idea")

        with DAG("one"):
            @task(retries=1, retry_delay=60, retry_policy=Broken())
            def work(): ...
            work()
    """
    evidence = run(source, Scenario("work", raises(OSError)))
    assert [int(pause) for pause in pauses(evidence)] == [60]
    assert any("Retry policy evaluation failed" in event.event for event in evidence.logs)


def test_xcoms_are_gone_at_the_next_try_and_the_state_store_is_not(run: Run) -> None:
    """The server names the XComs to clear (execution_api/routes/task_instances.py:273-293) and the runner deletes
    them (sdk/execution_time/task_runner.py:1558-1568); the store belongs to the task instance of the run
    (sdk/execution_time/context.py:532-676)."""
    source = """
        from airflow.sdk import DAG, task

        with DAG("one"):
            @task(retries=1, retry_delay=60)
            def work(**context):
                ti, store = context["ti"], context["task_state_store"]
                print("begins:", ti.xcom_pull(task_ids="work", key="page"), store.get("page"))
                ti.xcom_push("page", 7)
                store.set("page", 7)
                print("then:", ti.xcom_pull(task_ids="work", key="page"))
                if ti.try_number == 1:
                    raise OSError
            work()
    """
    assert prints(run(source, Scenario("work", None))) == [
        "begins: None None",
        "then: 7",
        "begins: None 7",
        "then: 7",
    ]


def test_a_failure_callback_can_read_the_state_store_and_a_retry_callback_finds_it_empty(run: Run) -> None:
    """UP_FOR_RETRY is written first, and with it the row gets the id of its next try (execution_api/routes/
    task_instances.py:664); the store is asked for by the id that the process knows (task_state_store.py:48-57)."""
    source = """
        from airflow.sdk import DAG, task

        def tells(context):
            print(context["ti"].try_number, context["task_state_store"].get("page", default="nothing"))

        with DAG("one"):
            @task(retries=1, retry_delay=60, on_retry_callback=tells, on_failure_callback=tells)
            def work(**context):
                context["task_state_store"].set("page", 7)
                raise OSError
            work()
    """
    assert prints(run(source, Scenario("work", None))) == ["1 nothing", "2 7"]


def test_nothing_that_a_callback_sets_gives_a_task_another_try(run: Run) -> None:
    """Whether a retry is left was said when the try started (execution_api/routes/task_instances.py:311,
    1292-1301)."""
    source = """
        from airflow.sdk import DAG, task

        def more(context):
            context["ti"].max_tries = 5

        with DAG("one"):
            @task(on_execute_callback=more, on_failure_callback=more)
            def work(): ...
            work()
    """
    evidence = run(source, Scenario("work", raises(OSError)))
    assert [e.try_number for e in evidence.executions if e.component == "worker"] == [1]
    assert evidence.state == "failed"


SENSORS = """
    from airflow.sdk import DAG, task

    def tells(context): print(type(context["exception"]).__name__)
    told = {"on_failure_callback": tells, "on_retry_callback": tells}

    with DAG("one"):
        @task.sensor(poke_interval=600, timeout=1800, mode="MODE", retries=3, soft_fail=SOFT, **told,
                     on_skipped_callback=lambda context: print("skipped"))
        def waits():
            print("poke")
            return False
        waits()
"""


def sensing(run: Run, mode: str, soft: bool) -> Evidence:
    source = SENSORS.replace("MODE", mode).replace("SOFT", str(soft))
    return run(source, Scenario({}, others="run"))


def test_a_sensor_that_times_out_fails_at_once_however_many_retries_are_left(run: Run) -> None:
    """AirflowSensorTimeout is never retried (sdk/execution_time/task_runner.py:1636-1648)."""
    for mode in ("poke", "reschedule"):
        evidence = sensing(run, mode, soft=False)
        assert evidence.state == "failed"
        assert prints(evidence) == [*["poke"] * 4, "AirflowSensorTimeout"]
        assert evidence.ended is not None
        assert 1800 <= evidence.ended < 2401


def test_a_soft_sensor_is_skipped_instead_and_says_so(run: Run) -> None:
    """The timeout becomes an AirflowSkipException (sdk/bases/sensor.py:241, 262)."""
    for mode in ("poke", "reschedule"):
        evidence = sensing(run, mode, soft=True)
        assert [task.state for task in evidence.tasks] == ["skipped"]
        assert prints(evidence) == [*["poke"] * 4, "skipped"]


def test_a_sensor_that_reschedules_has_a_process_for_each_poke_of_one_try(run: Run) -> None:
    """RescheduleTask (sdk/execution_time/task_runner.py:1632-1635): the slot is free meanwhile."""
    pokes = sensing(run, "reschedule", soft=False).executions
    pokes = [e for e in pokes if e.component == "worker"]
    assert [(e.try_number, e.terminal) for e in pokes] == [*[(1, "up_for_reschedule")] * 3, (1, "failed")]
    assert [round(after.started - before.started) for before, after in pairwise(pokes)] == [600] * 3
