"""A DAG's own callbacks: who asks for them, in which process they run, whose task instance they are given."""

from __future__ import annotations

from autograder.evidence import Evidence
from autograder.faults import raises, succeeds, takes
from autograder.scenario import Scenario, marked
from tests.control.conftest import Run


def prints(evidence: Evidence) -> list[str]:
    return [event.event for event in evidence.logs if event.channel == "stdout"]


SOURCE = """
    import time
    from airflow.sdk import DAG, task

    def tells(context):
        print(context["reason"], context["ti"].task_id, context["dag_run"].state, "exception" in context)

    def breaks(context): raise ValueError("broken")

    with DAG("one", on_failure_callback=[breaks, tells], on_success_callback=tells):
        @task
        def quick(): ...
        @task
        def slow(): ...
        quick(), slow()
"""


def test_a_failed_run_calls_with_the_task_that_failed_last(run: Run) -> None:
    """models/dagrun.py:1221-1244; each callback in its own ``try`` (dag_processing/processor.py:404-414)."""
    evidence = run(SOURCE, Scenario({"quick": raises(OSError), "slow": [raises(OSError, after_work=True)]}))
    assert prints(evidence) == ["task_failure slow failed False"]
    assert [(call.name, call.index, call.returned) for call in evidence.calls] == [
        ("breaks", 0, False),
        ("tells", 1, True),
    ]
    assert {(call.component, call.task_id, call.reason) for call in evidence.calls} == {
        ("DAG processor", None, "task_failure")
    }
    assert evidence.state == "failed", "a callback that breaks changes nothing"


def test_a_run_that_succeeds_calls_with_the_task_that_ended_last(run: Run) -> None:
    """models/dagrun.py:1246-1265."""
    evidence = run(SOURCE, Scenario({"quick": takes("2h"), "slow": takes("1h")}))
    assert prints(evidence) == ["success quick success False"]


def test_the_callback_s_process_is_a_fresh_one_that_imports_the_file_again(run: Run) -> None:
    """``_parse_file_entrypoint`` (dag_processing/processor.py:207): nothing of a task's process is there."""
    source = """
        import os
        from airflow.sdk import DAG, task

        seen = []
        def done(context): print("callback", seen, os.getpid() == first)
        first = os.getpid()

        with DAG("one", on_success_callback=done):
            @task
            def work():
                seen.append("work")
                print("work", seen)
            work()
    """
    evidence = run(source, Scenario("work", None))
    assert prints(evidence) == ["work ['work']", "callback [] True"]
    parsing, attempt, calling = evidence.executions
    assert [e.component for e in (parsing, attempt, calling)] == ["DAG processor", "worker", "DAG processor"]


def test_a_run_without_a_callback_asks_nobody(run: Run) -> None:
    """``dag.has_on_failure_callback`` (models/dagrun.py:1226)."""
    source = """
        from airflow.sdk import DAG, task
        with DAG("one"):
            @task
            def work(): ...
            work()
    """
    evidence = run(source, Scenario("work", raises(OSError)))
    assert [e.component for e in evidence.executions] == ["DAG processor", "worker"]


def test_a_run_that_goes_on_after_its_failure_calls_again_at_its_second_end(run: Run) -> None:
    """Each look of the scheduler that finds the end of a run asks for its callback (models/dagrun.py:1205-1265)."""
    source = SOURCE.replace("quick(), slow()", "quick() >> slow()")
    scenario = Scenario(
        {"quick": raises(OSError), "slow": succeeds()}, marks=[marked("success", at="1h", task="quick")]
    )
    evidence = run(source, scenario)
    assert [(call.kind, call.name) for call in evidence.calls] == [
        ("dag_failure_callback", "breaks"),
        ("dag_failure_callback", "tells"),
        ("dag_success_callback", "tells"),
    ]
    assert prints(evidence) == ["task_failure quick failed False", "success slow success False"]
