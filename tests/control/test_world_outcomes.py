"""Which of a task's callbacks run, and where, for every way in which a task can end."""

from __future__ import annotations

import pytest

from autograder.evidence import Evidence
from autograder.faults import Fault, raises, skips, succeeds
from autograder.scenario import Scenario
from tests.control.conftest import Run

SOURCE = """
    from airflow.sdk import DAG, task

    def tells(context):
        exception = context.get("exception", "no such key")
        print(type(exception).__name__ if isinstance(exception, BaseException) else exception)

    kinds = ("execute", "success", "failure", "retry", "skipped")
    told = {f"on_{kind}_callback": tells for kind in kinds}

    with DAG("one"):
        @task(retries=1, retry_delay=60, **told)
        def work(): ...
        work()
"""


def kinds(evidence: Evidence, task_id: str = "work") -> list[str]:
    of_task = [call for call in evidence.calls if call.task_id == task_id]
    assert all(call.component == "worker" for call in of_task)
    return [call.kind.removeprefix("on_").removesuffix("_callback") for call in of_task]


def prints(evidence: Evidence) -> list[str]:
    return [event.event for event in evidence.logs if event.channel == "stdout"]


SDK = "airflow.sdk.exceptions."


@pytest.mark.parametrize(
    ("fault", "expected", "said"),
    [
        pytest.param(succeeds(), ["execute", "success"], "None", id="success"),
        pytest.param(
            raises(OSError), ["execute", "retry", "execute", "failure"], "OSError", id="any exception"
        ),
        # Retried like any other (:1649-1654).
        pytest.param(
            raises(SDK + "AirflowException"),
            ["execute", "retry", "execute", "failure"],
            "AirflowException",
            id="AirflowException",
        ),
        # Never retried (:1636-1648).
        pytest.param(
            raises(SDK + "AirflowFailException"),
            ["execute", "failure"],
            "AirflowFailException",
            id="AirflowFailException",
        ),
        pytest.param(
            raises(SDK + "AirflowSensorTimeout"),
            ["execute", "failure"],
            "AirflowSensorTimeout",
            id="AirflowSensorTimeout",
        ),
        # Retried (:1669-1674).
        pytest.param(
            raises(SystemExit), ["execute", "retry", "execute", "failure"], "SystemExit", id="SystemExit"
        ),
        # No error is handed on (:1622-1631).
        pytest.param(skips(), ["execute", "skipped"], "None", id="skip"),
    ],
)
def test_each_outcome_runs_its_own_callbacks_on_the_worker(
    run: Run, fault: Fault, expected: list[str], said: str
) -> None:
    """``_run_task_and_map_outcome`` (sdk/execution_time/task_runner.py:1556-1682)."""
    evidence = run(SOURCE, Scenario("work", fault))
    assert kinds(evidence) == expected
    assert prints(evidence)[0] == "no such key", "on_execute_callback runs before there is an outcome"
    assert prints(evidence)[-1] == said


def test_tasks_that_never_start_call_nobody(run: Run) -> None:
    """The scheduler and the branch set ``upstream_failed`` and ``skipped`` in the database
    (ti_deps/deps/trigger_rule_dep.py:430-435, sdk task_runner.py:1603-1609); callbacks belong to a task's process."""
    source = """
        from airflow.sdk import DAG, task

        def tells(context): ...

        kinds = ("execute", "success", "failure", "retry", "skipped")
        with DAG("one", default_args={f"on_{kind}_callback": tells for kind in kinds}):
            @task
            def breaks(): raise OSError
            @task
            def after_it(): ...
            @task.branch
            def choose(): return "taken"
            @task
            def taken(): ...
            @task
            def left_out(): ...
            breaks() >> after_it()
            choose() >> [taken(), left_out()]
    """
    evidence = run(source, Scenario({}, others="run"))
    states = {task.task_id: task.state for task in evidence.tasks}
    assert (states["after_it"], states["left_out"]) == ("upstream_failed", "skipped")
    assert kinds(evidence, "after_it") == []
    assert kinds(evidence, "left_out") == []
    assert kinds(evidence, "breaks") == ["execute", "failure"]


def test_every_callback_of_a_list_runs_whatever_the_others_do_and_the_state_stays(run: Run) -> None:
    """Each in its own ``try`` (sdk/execution_time/task_runner.py:2058-2063)."""
    source = """
        from airflow.sdk import DAG, task

        def breaks(context): raise ValueError("broken")
        def tells(context): print("told")

        with DAG("one"):
            @task(on_execute_callback=breaks, on_success_callback=[breaks, tells])
            def work(): print("worked")
            work()
    """
    evidence = run(source, Scenario("work", None))
    assert evidence.state == "success"
    assert prints(evidence) == ["worked", "told"]
    assert [(call.name, call.index, call.returned) for call in evidence.calls] == [
        ("breaks", 0, False),
        ("breaks", 0, False),
        ("tells", 1, True),
    ]
    logged = [event.fields["kind"] for event in evidence.logs if event.event == "Failed to run task callback"]
    assert logged == ["on_execute_callback", "on_success_callback"]


def test_a_callback_that_exits_takes_the_later_ones_along_and_makes_a_failed_task_try_again(run: Run) -> None:
    """Only ``Exception`` is caught (sdk/execution_time/task_runner.py:2058-2063); with another exit code than zero
    the supervisor looks at whether a retry is left, and not at what was reported (supervisor.py:1772-1780)."""
    source = """
        import sys
        from airflow.sdk import DAG, task
        from airflow.sdk.exceptions import AirflowFailException

        def leaves(context): sys.exit(5)
        def tells(context): print("told")

        with DAG("one"):
            @task(retries=1, retry_delay=60, on_failure_callback=[leaves, tells])
            def work(**context):
                if context["ti"].try_number == 1:
                    raise AirflowFailException("never again")
            work()
    """
    evidence = run(source, Scenario("work", None))
    assert prints(evidence) == []
    first, second = (e for e in evidence.executions if e.component == "worker")
    assert (first.terminal, first.exit_code) == ("failed", 5)
    assert (second.try_number, second.terminal) == (2, "success")
    assert evidence.state == "success"


def test_a_mapped_task_calls_back_for_each_of_its_instances(run: Run) -> None:
    """Each is a task instance and a process of its own; ``ti.map_index`` tells which (sdk/execution_time/
    task_runner.py:232)."""
    source = """
        from airflow.sdk import DAG, task

        def tells(context): print(context["ti"].map_index)

        with DAG("one"):
            @task(on_failure_callback=tells, on_success_callback=tells)
            def work(x): return 10 // x
            work.expand(x=[1, 0, 2])
    """
    evidence = run(source, Scenario({}, others="run"))
    assert sorted((call.map_index, call.kind) for call in evidence.calls) == [
        (0, "on_success_callback"),
        (1, "on_failure_callback"),
        (2, "on_success_callback"),
    ]
    assert sorted(prints(evidence)) == ["0", "1", "2"]


def test_a_task_s_own_callback_takes_the_place_of_the_default_and_none_switches_it_off(run: Run) -> None:
    """``default_args`` fill what is not given (sdk/bases/operator.py:537-547, 140-168)."""
    source = """
        from airflow.sdk import DAG, task, task_group

        def default(context): ...
        def own(context): ...
        def of_group(context): ...

        with DAG("one", default_args={"on_failure_callback": default}):
            @task
            def plain(): ...
            @task(on_failure_callback=own)
            def with_own(): ...
            @task(on_failure_callback=None)
            def without(): ...
            @task_group(default_args={"on_failure_callback": of_group})
            def group():
                @task
                def inside(): ...
                inside()
            plain(), with_own(), without(), group()
    """
    broken = raises(OSError)
    evidence = run(source, Scenario(["plain", "with_own", "without", "group.inside"], broken))
    assert sorted((call.task_id, call.name) for call in evidence.calls) == [
        ("group.inside", "of_group"),
        ("plain", "default"),
        ("with_own", "own"),
    ]


def test_a_task_cannot_reach_the_metadata_database(run: Run) -> None:
    """``block_orm_access`` (sdk/execution_time/supervisor.py:327-372; the words are :311)."""
    source = """
        from airflow.sdk import DAG, task

        with DAG("one"):
            @task
            def work():
                from airflow.models import DagRun
                from airflow.utils.session import create_session
                with create_session() as session:
                    print(session.query(DagRun).count())
            work()
    """
    evidence = run(source, Scenario("work", None))
    assert evidence.state == "failed"
    assert prints(evidence) == []
    (failed,) = (event for event in evidence.logs if event.event == "Task failed with exception")
    detail = failed.fields["error_detail"][0]
    assert detail["exc_type"] == "RuntimeError"
    assert "Direct database access via the ORM is not allowed" in detail["exc_value"]


def test_another_dag_does_not_exist_here_and_triggering_it_fails_as_airflow_says(run: Run) -> None:
    """404 of the API server (execution_api/routes/dag_runs.py:103-108), an error like any other for the task."""
    source = """
        from airflow.sdk import DAG
        from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator

        def tells(context): print(type(context["exception"]).__name__, "'other' not found" in str(context["exception"]))

        with DAG("one"):
            TriggerDagRunOperator(task_id="work", trigger_dag_id="other", on_failure_callback=tells)
    """
    evidence = run(source, Scenario("work", None))
    assert evidence.state == "failed"
    assert prints(evidence) == ["AirflowRuntimeError True"]
