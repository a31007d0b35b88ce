"""Airflow's own example DAGs: those that both worlds can run, and why the others cannot be compared."""

from __future__ import annotations

from tests.control.examples import KEEP, source_of

__all__ = ["CORE", "EXAMPLES", "LEFT_OUT", "STANDARD", "example"]

CORE = "airflow.example_dags"
STANDARD = "airflow.providers.standard.example_dags"

_TELLS = """

import probe as _probe

for _task in _kept.tasks:
    # Without a callback of theirs, Airflow does not run them at all: so it is to stay.
    if _task.task_type != "EmptyOperator":
        for _name, _callback in _probe.TASK_CALLBACKS.items():
            setattr(_task, _name, [_callback])
for _name, _callback in _probe.DAG_CALLBACKS.items():
    setattr(_kept, _name, _callback)
    setattr(_kept, f"has_{{_name}}", True)
"""


def example(module: str, dag_id: str) -> str:
    """The text of a file with this DAG alone, which tells of every callback call."""
    return source_of(module) + KEEP.format(dag_id=dag_id) + _TELLS


def _of(package: str, **files: str) -> dict[str, list[str]]:
    """Module → ids of its DAGs. An id that is the file's name is written as a dot."""
    return {
        f"{package}.{file}": [file if dag_id == "." else dag_id for dag_id in dag_ids.split()]
        for file, dag_ids in files.items()
    }


# Of files with several DAGs: neither those that only others start, nor those whose assets clash with another example's,
# so that an Airflow which has both makes one of them inactive.
EXAMPLES = {
    **_of(
        CORE,
        example_asset_alias="asset_s3_bucket_producer asset_alias_example_alias_producer",
        example_asset_alias_with_no_taskflow="asset_s3_bucket_producer_with_no_taskflow "
        "asset_alias_example_alias_producer_with_no_taskflow",
        example_asset_decorator="asset1_producer",
        example_asset_state_store="example_asset_state_store_consumer",
        example_assets="asset_produces_1 asset_produces_2 asset_consumes_1",
        example_branch_labels=".",
        example_complex=".",
        example_display_name=".",
        example_dynamic_task_mapping=". example_task_mapping_second_order example_task_group_mapping",
        example_dynamic_task_mapping_with_no_taskflow_operators=".",
        example_failed_dag=".",
        example_inlet_event_extra="read_asset_event_from_classic",
        example_latest_only_with_trigger="latest_only_with_trigger",
        example_nested_branch_dag=".",
        example_outlet_event_extra="asset_with_extra_by_yield",
        example_params_trigger_ui=".",
        example_params_ui_tutorial=".",
        example_passing_params_via_test_command=".",
        example_setup_teardown=".",
        example_setup_teardown_taskflow=".",
        example_simplest_dag=".",
        example_skip_dag=".",
        example_task_group=".",
        example_task_group_decorator=".",
        example_task_state_store=".",
        example_task_state_store_async=".",
        example_task_state_store_mapped=".",
        example_trigger_target_dag=".",
        example_xcom=".",
        example_xcomargs="example_xcom_args example_xcom_args_with_operators",
        tutorial=".",
        tutorial_dag=".",
        tutorial_taskflow_api=".",
    ),
    **_of(
        STANDARD,
        example_bash_decorator=".",
        example_bash_operator=".",
        example_branch_datetime_operator="example_branch_datetime_operator example_branch_datetime_operator_3",
        example_latest_only="latest_only",
        example_measurement_correction_decorator=".",
        example_measurement_correction_operator=".",
        example_sensor_decorator=".",
        example_short_circuit_decorator=".",
        example_short_circuit_operator=".",
    ),
}

_NETWORK = "needs the network"
_ENVIRONMENT = "makes a virtual environment, for which it needs the network"
_OTHERS = "is about runs of other DAGs, and a scenario is one run"
_DATE = "depends on the date or the time of day, where ours are virtual"
_PLUGIN = "needs a plugin of the example's own"
_KUBERNETES = "needs Kubernetes"

LEFT_OUT = {
    f"{CORE}.example_asset_allow_teams": "needs teams",
    f"{CORE}.example_asset_partition": "is about partitions, which come with the runs of other DAGs",
    f"{CORE}.example_asset_with_watchers": "is started by what happens to a file",
    f"{CORE}.example_branch_python_dop_operator_3": _DATE,
    f"{CORE}.example_custom_weight": _PLUGIN,
    f"{CORE}.example_dag_decorator": _NETWORK,
    f"{CORE}.example_kubernetes_executor": _KUBERNETES,
    f"{CORE}.example_local_kubernetes_executor": _KUBERNETES,
    f"{CORE}.example_retry_policy": _NETWORK,
    f"{CORE}.example_time_delta_sensor_async": "waits for longer than a test can",
    f"{CORE}.example_workday_timetable": _PLUGIN,
    f"{CORE}.tutorial_objectstorage": _NETWORK,
    f"{CORE}.tutorial_taskflow_api_virtualenv": _ENVIRONMENT,
    f"{CORE}.tutorial_taskflow_templates": "reads a file beside its own",
    f"{STANDARD}.example_branch_day_of_week_operator": _DATE,
    f"{STANDARD}.example_branch_operator": _ENVIRONMENT,
    f"{STANDARD}.example_branch_operator_decorator": _ENVIRONMENT,
    f"{STANDARD}.example_external_task_child_deferrable": _OTHERS,
    f"{STANDARD}.example_external_task_marker_dag": _OTHERS,
    f"{STANDARD}.example_external_task_parent_deferrable": _OTHERS,
    f"{STANDARD}.example_hitl_operator": "asks people again and again, which `people` compares",
    f"{STANDARD}.example_python_decorator": _ENVIRONMENT,
    f"{STANDARD}.example_python_operator": _ENVIRONMENT,
    f"{STANDARD}.example_sensors": _DATE,
    f"{STANDARD}.example_trigger_controller_dag": _OTHERS,
}
"""Module → why none of its DAGs is compared."""
