"""What each callback is told: the keys of its context, and whether an exception or a reason is among them."""

from __future__ import annotations

import pytest

from autograder.evidence import CallbackCall, Evidence
from autograder.faults import Fault, loses_worker, raises, skips, succeeds
from autograder.scenario import Scenario
from tests.control.conftest import Run

SOURCE = """
    from airflow.sdk import DAG, task

    def tells(context): ...

    kinds = ("execute", "success", "failure", "retry", "skipped")
    with DAG("one", on_failure_callback=tells, on_success_callback=tells):
        @task(retries=1, retry_delay=60, **{f"on_{kind}_callback": tells for kind in kinds})
        def work(): ...
        work()
"""

_ALWAYS = """
    conn dag dag_run inlet_events inlets macros map_index_template outlet_events outlets params partition_date
    partition_key prev_end_date_success prev_start_date_success run_id task task_instance task_instance_key_str
    task_reschedule_count task_state_store ti triggering_asset_events var
"""
_OF_A_DATE = """
    logical_date ds ds_nodash ts ts_nodash ts_nodash_with_tz data_interval_start data_interval_end
    prev_data_interval_start_success prev_data_interval_end_success
"""
BASE, DATED = set(_ALWAYS.split()), set(_OF_A_DATE.split())


def of_kind(evidence: Evidence, kind: str) -> CallbackCall:
    return next(call for call in evidence.calls if call.kind == kind)


@pytest.mark.parametrize(
    ("kind", "fault", "more"),
    [
        ("on_execute_callback", succeeds(), set()),
        ("on_success_callback", succeeds(), {"exception"}),
        ("on_retry_callback", raises(OSError), {"exception"}),
        ("on_failure_callback", raises(OSError), {"exception"}),
        ("on_skipped_callback", skips(), {"exception"}),
    ],
)
def test_a_task_s_callbacks_get_the_task_s_context_and_after_it_the_exception(
    run: Run, kind: str, fault: Fault, more: set[str]
) -> None:
    """sdk/execution_time/task_runner.py:301-393; ``exception`` is set in ``finalize`` (:2066), whatever it is."""
    call = of_kind(run(SOURCE, Scenario("work", fault)), kind)
    assert set(call.context) - {"templates_dict"} == BASE | DATED | more
    assert call.reason is None


def test_without_a_logical_date_ten_keys_are_missing(run: Run) -> None:
    """They are there only if the run has one (sdk/execution_time/task_runner.py:357-381)."""
    call = of_kind(run(SOURCE, Scenario("work", raises(OSError), logical_date=None)), "on_failure_callback")
    assert set(call.context) - {"templates_dict"} == BASE | {"exception"}


def test_what_the_dag_processor_runs_for_a_task_gets_no_exception(run: Run) -> None:
    """dag_processing/processor.py:467-479: the template context of a task instance, and nothing else."""
    call = of_kind(run(SOURCE, Scenario("work", loses_worker(), retries=0)), "on_failure_callback")
    assert call.component == "DAG processor"
    assert "exception" not in call.context
    assert "ti" in call.context


@pytest.mark.parametrize(
    ("fault", "kind", "reason"),
    [
        (raises(OSError), "dag_failure_callback", "task_failure"),
        (succeeds(), "dag_success_callback", "success"),
    ],
)
def test_a_dag_s_callbacks_get_a_reason_and_no_exception(
    run: Run, fault: Fault, kind: str, reason: str
) -> None:
    """dag_processing/processor.py:377-409; the reasons are models/dagrun.py:1221-1302."""
    call = of_kind(run(SOURCE, Scenario("work", fault)), kind)
    assert call.reason == reason
    assert {"reason", "ti", "dag_run"} <= set(call.context)
    assert "exception" not in call.context
