"""Hours and days of virtual time: what waits how long, side by side, and what ends it."""

from __future__ import annotations

from itertools import pairwise

from autograder.evidence import Evidence
from autograder.faults import hangs, raises, takes
from autograder.scenario import Scenario
from tests.control.conftest import Run


def events(evidence: Evidence) -> list[str]:
    return [event.event for event in evidence.logs if event.channel == "stdout"]


def begins(evidence: Evidence) -> list[float]:
    return [e.started for e in evidence.executions if e.component == "worker"]


def test_tasks_side_by_side_take_as_long_as_the_longest(run: Run) -> None:
    source = """
        import asyncio, time
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task
            def sleeps():
                for minute in range(60):
                    time.sleep(60)
            @task
            def waits():
                asyncio.run(asyncio.sleep(1800))
            @task
            def polls():
                end = time.time() + 5
                while time.time() < end:
                    pass
            sleeps()
            waits()
            polls()
    """
    evidence = run(source, Scenario({}, others="run"))
    took = {e.task_id: (e.ended or 0) - e.started for e in evidence.executions if e.component == "worker"}
    assert 3600 <= took["sleeps"] < 3601
    assert 1800 <= took["waits"] < 1801
    assert 5 <= took["polls"] < 6
    assert evidence.ended is not None
    assert evidence.ended < 3601


def test_sensors_poke_until_their_timeout(run: Run) -> None:
    source = """
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task.sensor(poke_interval=600, timeout=1800, retries=2)
            def pokes():
                print("poke")
                return False
            @task.sensor(poke_interval=600, timeout=1800, mode="reschedule", soft_fail=True)
            def comes_back(): return False
            pokes()
            comes_back()
    """
    evidence = run(source, Scenario({}, others="run"))
    assert {t.task_id: t.state for t in evidence.tasks} == {"pokes": "failed", "comes_back": "skipped"}
    (poking,) = (e for e in evidence.executions if e.task_id == "pokes")
    assert poking.ended is not None
    assert 1800 <= poking.ended - poking.started < 1801
    assert events(evidence) == ["poke"] * 4


def test_an_execution_timeout_ends_each_try_and_its_callback_sees_the_time(run: Run) -> None:
    source = """
        from datetime import UTC, datetime, timedelta
        from airflow.sdk import BaseOperator, DAG
        def tells(context):
            ti = context["ti"]
            took = datetime.now(UTC) - ti.start_date
            print(ti.try_number, type(context["exception"]).__name__, round(took.total_seconds()))
        class Slow(BaseOperator):
            def execute(self, context): ...
        with DAG("one"):
            Slow(
                task_id="work",
                execution_timeout=timedelta(minutes=30),
                retries=1,
                retry_delay=timedelta(minutes=10),
                on_retry_callback=tells,
                on_failure_callback=tells,
            )
    """
    evidence = run(source, Scenario("work", hangs()))
    assert events(evidence) == ["1 AirflowTaskTimeout 1800", "2 AirflowTaskTimeout 1800"]
    first, second = begins(evidence)
    assert 2400 <= second - first < 2401
    assert evidence.ended is not None
    assert 4200 <= evidence.ended < 4201


def test_exponential_back_off_waits_longer_each_time_and_the_same_with_the_same_seed(run: Run) -> None:
    source = """
        from datetime import timedelta
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task(retries=3, retry_delay=timedelta(minutes=30), retry_exponential_backoff=True)
            def work(): ...
            work()
    """
    scenario = Scenario("work", raises(OSError))
    starts = begins(run(source, scenario))
    first, second, third = (after - before for before, after in pairwise(starts))
    assert 1800 <= first < 3600 <= second < 7200 <= third < 14400
    assert begins(run(source, scenario)) == starts


def test_on_kill_may_take_its_time_but_not_too_long(run: Run) -> None:
    source = """
        from datetime import timedelta
        import time
        from airflow.sdk import BaseOperator, DAG
        class Long(BaseOperator):
            def execute(self, context): ...
            def on_kill(self):
                time.sleep(3)
                print("tidied up")
                time.sleep(3)
                print("should not be reached")
        with DAG("one", dagrun_timeout=timedelta(hours=2)):
            Long(task_id="work")
    """
    evidence = run(source, Scenario("work", takes("3h")))
    assert events(evidence) == ["tidied up"]
    (attempt,) = (e for e in evidence.executions if e.component == "worker")
    assert attempt.exit_code == -9
    assert attempt.ended is not None
    assert 7205 <= attempt.ended < 7206
