"""Runs that a run triggers: of another DAG in the same file, or of its own."""

from __future__ import annotations

from autograder.evidence import Evidence, comparable
from autograder.faults import takes
from autograder.scenario import Scenario
from tests.control.conftest import Run

SOURCE = """
    import time
    from datetime import timedelta
    from airflow.sdk import DAG, task
    from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator

    def tells(context):
        print("callback of", context["dag"].dag_id, context["ti"].task_id)

    with DAG("one", on_success_callback=tells):
        TriggerDagRunOperator(task_id="work", trigger_dag_id="other", conf={"file": "late.csv"}, SETTINGS)

    with DAG("other", on_success_callback=tells, on_failure_callback=tells):
        @task(retries=1, retry_delay=timedelta(minutes=5), on_retry_callback=tells)
        def work(**context):
            time.sleep(3600)
            print("other:", context["dag_run"].conf, context["dag_run"].run_type.value)
            if context["ti"].try_number == 1:
                raise OSError
        work()
"""


def prints(evidence: Evidence) -> list[str]:
    return [event.event for event in evidence.logs if event.channel == "stdout"]


def played(run: Run, settings: str) -> Evidence:
    return run(SOURCE.replace("SETTINGS", settings), Scenario("work", None), dag_id="one", among=True)


def test_a_triggered_run_goes_on_beside_the_one_that_triggered_it(run: Run) -> None:
    """``trigger_dag_run`` (execution_api/routes/dag_runs.py:95-140) makes a run, the scheduler does the rest; who
    does not wait has ended long before. What the other DAG does is none of this one's tasks."""
    evidence = played(run, "")
    assert evidence.state == "success"
    assert evidence.run_ended is not None
    assert evidence.run_ended < 1
    assert evidence.ended is not None
    assert 7500 <= evidence.ended < 7501, "two tries of an hour and five minutes between them"
    attempts = [(e.task_id, e.work, e.terminal) for e in evidence.executions if e.component == "worker"]
    assert attempts == [
        ("work", None, "success"),
        (None, "other.work", "up_for_retry"),
        (None, "other.work", "success"),
    ]
    said = "other: {'file': 'late.csv'} operator_triggered"
    assert sorted(prints(evidence)) == sorted(
        [said, said, "callback of one work", "callback of other work", "callback of other work"]
    )
    assert [task.task_id for task in evidence.tasks] == ["work"]
    processors = [e.work for e in evidence.executions if e.component == "DAG processor"]
    assert processors == [None, None, "other"]


def test_whoever_waits_for_the_triggered_run_ends_after_it(run: Run) -> None:
    """It looks again every ``poke_interval`` (sdk/execution_time/task_runner.py:1995-2028)."""
    evidence = played(run, "wait_for_completion=True, poke_interval=600")
    (own,) = (e for e in evidence.executions if e.task_id == "work")
    assert own.ended is not None
    assert 7500 <= own.ended < 7500 + 601


def test_whoever_defers_until_the_triggered_run_has_ended_does_so_in_the_triggerer(run: Run) -> None:
    """DagStateTrigger (sdk/execution_time/task_runner.py:1977-1994)."""
    evidence = played(run, "wait_for_completion=True, deferrable=True, poke_interval=600")
    assert [(e.component, e.terminal) for e in evidence.executions if e.task_id == "work"] == [
        ("worker", "deferred"),
        ("triggerer", None),
        ("worker", "success"),
    ]


def test_faults_and_records_are_the_run_s_own_also_when_a_dag_triggers_itself(run: Run) -> None:
    source = """
        from airflow.sdk import DAG, task
        from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator

        with DAG("one"):
            @task
            def work(**context): print("own work in a run that is", context["dag_run"].run_type.value)
            @task.short_circuit
            def first(**context): return context["dag_run"].run_type == "manual"
            work() >> first() >> TriggerDagRunOperator(task_id="again", trigger_dag_id="one")
    """
    scenario = Scenario({"work": takes("1h")}, others="run")
    evidence = run(source, scenario)
    assert evidence.state == "success"
    assert prints(evidence) == ["own work in a run that is operator_triggered"]
    assert [e.task_id for e in evidence.executions if e.task_id] == ["work", "first", "again"]
    assert [e.work for e in evidence.executions if e.work] == ["one.work", "one.first"]
    assert comparable(run(source, scenario)) == comparable(evidence)


def test_the_file_may_have_other_dags_only_if_the_job_says_so(run: Run) -> None:
    evidence = run(SOURCE.replace("SETTINGS", ""), Scenario("work", None), dag_id="one")
    assert evidence.outcome == "error"
    assert evidence.problem is not None
    assert evidence.problem.title == "dag.py defines 2 DAGs (`one`, `other`)."
    unknown = run(SOURCE.replace("SETTINGS", ""), Scenario("work", None), dag_id="third", among=True)
    assert unknown.outcome == "error"
