"""Airflow's own example DAGs, as files that keep one DAG and tell of every callback call."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["EXAMPLES", "KEEP", "MARK", "Example", "calls_in", "folder_of", "source_of"]

MARK = "CALLED "

KEEP = """

from airflow.sdk import DAG as _DAG
from airflow.sdk.definitions._internal.contextmanager import DagContext as _DagContext

_found = {{_value for _value in globals().values() if isinstance(_value, _DAG)}}
_found |= {{_dag for _dag, _ in _DagContext.autoregistered_dags}}
(_kept,) = (_dag for _dag in _found if _dag.dag_id == {dag_id!r})
for _name, _value in list(globals().items()):
    if isinstance(_value, _DAG) and _value is not _kept:
        del globals()[_name]
_DagContext.autoregistered_dags -= {{_p for _p in _DagContext.autoregistered_dags if _p[0] is not _kept}}
"""
"""The end of a file of which only one DAG is wanted, to be filled with its id. The DAG is ``_kept`` then."""

_TELLS = """

import datetime as _datetime
import json as _json
import os as _os


def _tells(kind):
    def call(context):
        ti = context["ti"]
        print({mark!r} + _json.dumps([ti.task_id, ti.map_index, ti.try_number, kind]), flush=True)

    return call


def _dag_tells(kind):
    def call(context):
        print({mark!r} + _json.dumps([None, -1, None, kind]), flush=True)

    return call


for _task in _kept.tasks:
    for _kind in ("execute", "success", "failure", "retry", "skipped"):
        setattr(_task, f"on_{{_kind}}_callback", [_tells(_kind), _tells(_kind + " again")])
    if {retries!r} is not None:
        _task.retries = {retries!r}
    if "RETRY_AT_ONCE" in _os.environ:
        _task.retry_delay = _datetime.timedelta(0)
for _kind in ("success", "failure"):
    setattr(_kept, f"on_{{_kind}}_callback", _dag_tells("dag " + _kind))
    setattr(_kept, f"has_on_{{_kind}}_callback", True)
"""


def source_of(module: str) -> str:
    """The text of a module that need not be importable here."""
    package, _, file = module.rpartition(".")
    return (folder_of(package) / f"{file}.py").read_text()


def folder_of(package: str) -> Path:
    """Where a package's modules are, without importing it."""
    outermost, *others = package.split(".")
    spec = importlib.util.find_spec(outermost)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0], *others)


@dataclass(frozen=True)
class Example:
    """One DAG of an example file.

    :param retries: in place of its own, where a failure is to be retried.
    """

    module: str
    dag_id: str
    retries: int | None = None

    @property
    def name(self) -> str:
        return self.dag_id if self.retries is None else f"{self.dag_id}-with-{self.retries}-retries"

    @property
    def entry(self) -> str:
        """The file's own name: some take their DAG's id from it."""
        return self.module.rpartition(".")[2] + ".py"

    def write(self, folder: Path) -> Path:
        """Make the folder of this example."""
        folder.mkdir(parents=True)
        tail = KEEP.format(dag_id=self.dag_id) + _TELLS.format(mark=MARK, retries=self.retries)
        (folder / self.entry).write_text(source_of(self.module) + tail)
        return folder


def calls_in(lines: Iterable[str]) -> list[tuple[str | None, int, int | None, str]]:
    """The callback calls that these lines tell of: task, map index, try, kind."""
    return [tuple(json.loads(line.removeprefix(MARK))) for line in lines if line.startswith(MARK)]


def _core(file: str, *dag_ids: str) -> list[Example]:
    return [Example(f"airflow.example_dags.{file}", dag_id) for dag_id in dag_ids or (file,)]


def _standard(file: str, *dag_ids: str) -> list[Example]:
    return [
        Example(f"airflow.providers.standard.example_dags.{file}", dag_id) for dag_id in dag_ids or (file,)
    ]


# Not here, for they cannot agree, or not without what a test has not:
# deferrable tasks and sensors, whose time would be real there (``*_async``, ``example_sensors``,
# ``example_external_task_*``, ``example_asset_with_watchers``), other runs and people
# (``example_trigger_controller_dag``, ``example_hitl_operator``), asset partitions and teams;
# the network, containers or virtual environments (``example_dag_decorator``, ``example_retry_policy``,
# ``tutorial_objectstorage``, ``*_kubernetes_executor``, ``*_virtualenv``, ``example_branch_operator*``,
# ``example_python_operator`` and its decorator); plugins (``example_custom_weight``, ``example_workday_timetable``) and
# files beside the DAG's (``tutorial_taskflow_templates``);
# whatever depends on the real date (``example_branch_datetime_operator_2``, ``example_weekday_branch_operator``), where
# ours is a virtual one. The rest repeats what is here.
EXAMPLES = [
    *_core("example_asset_alias", "asset_s3_bucket_producer", "asset_alias_example_alias_producer"),
    *_core("example_asset_state_store", "example_asset_state_store_producer"),
    *_core("example_branch_labels"),
    *_core("example_branch_python_dop_operator_3", "example_branch_dop_operator_v3"),
    *_core("example_display_name"),
    *_core(
        "example_dynamic_task_mapping",
        "example_dynamic_task_mapping",
        "example_task_mapping_second_order",
        "example_task_group_mapping",
    ),
    *_core("example_dynamic_task_mapping_with_no_taskflow_operators"),
    *_core("example_failed_dag"),
    Example("airflow.example_dags.example_failed_dag", "example_failed_dag", retries=2),
    *_core("example_inlet_event_extra", "read_asset_event"),
    *_core("example_latest_only_with_trigger", "latest_only_with_trigger"),
    *_core("example_nested_branch_dag"),
    *_core(
        "example_outlet_event_extra",
        "asset_with_extra_by_yield",
        "asset_with_extra_from_classic_operator",
    ),
    *_core("example_passing_params_via_test_command"),
    *_core("example_setup_teardown_taskflow"),
    *_core("example_simplest_dag"),
    *_core("example_skip_dag"),
    *_core("example_task_group"),
    *_core("example_task_state_store"),
    *_core("example_task_state_store_mapped"),
    *_core("example_xcom"),
    *_core("example_xcomargs", "example_xcom_args"),
    *_core("tutorial_dag"),
    *_core("tutorial_taskflow_api"),
    *_standard(
        "example_branch_datetime_operator",
        "example_branch_datetime_operator",
        "example_branch_datetime_operator_3",
    ),
    *_standard("example_latest_only", "latest_only"),
    *_standard("example_measurement_correction_decorator"),
    *_standard("example_sensor_decorator"),
    *_standard("example_short_circuit_decorator"),
    Example("tests.control.failing_example", "failures"),
    Example("tests.control.failing_example", "stops_at_once"),
]
