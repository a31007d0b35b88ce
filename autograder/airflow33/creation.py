"""Storing a parsed DAG, and creating a run of it, as Airflow's DAG processor manager and its API do."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pendulum
from airflow.dag_processing.collection import update_dag_parsing_results_in_db
from airflow.dag_processing.processor import DagFileParsingResult
from airflow.models import DagRun
from airflow.models.dag import DagModel
from airflow.models.dagcode import DagCode
from airflow.models.pool import Pool
from airflow.models.serialized_dag import SerializedDagModel
from airflow.models.variable import Variable
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState, TaskInstanceState
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from autograder.airflow33.environ import BUNDLE

__all__ = ["RunRefused", "Unstorable", "create_run", "declared_callbacks", "mailing", "parsed_dags", "store"]

_TASK_KINDS = [f"on_{name}_callback" for name in ("execute", "success", "failure", "retry", "skipped")]
_DAG_KINDS = {f"on_{name}_callback": f"dag_{name}_callback" for name in ("success", "failure")}


# Where the file is, the jail has said: for the asking, Airflow would read any other file of this machine. Nobody looks
# at the text of a DAG here.
DagCode.get_code_from_file = staticmethod(lambda fileloc: "# not kept")  # type: ignore[method-assign]


class Unstorable(Exception):
    """What was parsed is not a DAG that Airflow can store. ``full`` is the whole traceback."""

    def __init__(self, full: str) -> None:
        super().__init__(full.strip().splitlines()[-1])
        self.full = full


@contextmanager
def _storing() -> Iterator[None]:
    """What goes wrong here is wrong with the DAG, unless it is the database that fails."""
    try:
        yield
    except (OperationalError, Unstorable):
        raise
    except Exception:
        raise Unstorable(traceback.format_exc()) from None


@_storing()
def parsed_dags(result: DagFileParsingResult) -> list[tuple[str, dict[str, str]]]:
    """Of every DAG in the file: its id, and the operators of its tasks by their ids.

    :raises Unstorable: when it is not what Airflow's own DAG processor says.
    """
    found = []
    for lazy in result.serialized_dags:
        tasks = [task.get("__var", task) for task in lazy.data["dag"]["tasks"]]
        operators = {str(t["task_id"]): str(t.get("task_type") or t.get("_task_type") or "") for t in tasks}
        found.append((str(lazy.dag_id), operators))
    return found


@_storing()
def declared_callbacks(result: DagFileParsingResult, dag_id: str) -> dict[str, list[str]]:
    """Of every task of a DAG: the kinds of its callbacks, by the task's id; the DAG's own under the empty name.

    :raises Unstorable: when it is not what Airflow's own DAG processor says.
    """
    data = next(lazy.data for lazy in result.serialized_dags if str(lazy.dag_id) == dag_id)
    # What all tasks have in common may be written there, and a mapped task's are among its partial arguments.
    common = data.get("client_defaults", {}).get("tasks", {})
    found = {"": [kind for name, kind in _DAG_KINDS.items() if data["dag"].get(f"has_{name}")]}
    for task in (task.get("__var", task) for task in data["dag"]["tasks"]):
        flags = (common, task, task.get("partial_kwargs", {}))
        found[str(task["task_id"])] = [
            kind for kind in _TASK_KINDS if any(said.get(f"has_{kind}") for said in flags)
        ]
    return found


@_storing()
def mailing(result: DagFileParsingResult, dag_id: str) -> list[str]:
    """The tasks of a DAG for which Airflow itself sends mails, by their ids.

    :raises Unstorable: when it is not what Airflow's own DAG processor says.
    """
    data = next(lazy.data for lazy in result.serialized_dags if str(lazy.dag_id) == dag_id)
    common = data.get("client_defaults", {}).get("tasks", {})
    tasks = [task.get("__var", task) for task in data["dag"]["tasks"]]
    return [
        str(task["task_id"])
        for task in tasks
        if any(said.get("email") for said in (common, task, task.get("partial_kwargs", {})))
    ]


class RunRefused(Unstorable):
    """Airflow has stored the DAG but creates no run of it."""


@_storing()
def store(parsed: DagFileParsingResult, variables: dict[str, str], pools: dict[str, int]) -> None:
    """Store the parsed DAG as the DAG processor's manager would, and what else is there.

    :param pools: slots, by the pool's name.
    :raises Unstorable: when Airflow cannot.
    """
    errors: dict[tuple[str, str], str] = {}
    with create_session() as session:
        update_dag_parsing_results_in_db(
            BUNDLE, None, parsed.serialized_dags, errors, 0.0, set(), session, warning_types=()
        )
        for error in errors.values():
            raise Unstorable(error)
        session.execute(update(DagModel).values(is_paused=False))
        for key, value in variables.items():
            Variable.set(key, value, session=session)
        for name, slots in pools.items():
            Pool.create_or_update_pool(name, slots, "", include_deferred=False, session=session)


def create_run(
    dag_id: str,
    run_id: str,
    *,
    now: datetime,
    logical_date: datetime | None,
    conf: dict[str, Any],
    history: Sequence[float],
    counted: Callable[[str], bool],
) -> None:
    """Trigger one run of a DAG that is stored, as a person does in Airflow's pages.

    :param history: seconds that earlier successful runs took, the oldest first.
    :param counted: whether this task is not to run and counts as succeeded.
    :raises RunRefused: when Airflow creates none.
    :raises Unstorable: when what is stored is no DAG.
    """
    # Not the scoped session: a deadline's Variable is read in a session of its own, which would close that one.
    with _storing(), create_session(scoped=False) as session:
        found = SerializedDagModel.get(dag_id=dag_id, session=session)
        assert found is not None
        dag = found.dag
        for days, seconds in enumerate(reversed(history), start=1):
            session.add(_earlier(dag_id, now - timedelta(days=days), timedelta(seconds=seconds)))
        session.flush()
        try:
            run = dag.create_dagrun(
                run_id=run_id,
                logical_date=logical_date,
                data_interval=_interval(dag, logical_date),
                run_after=now,
                conf=conf,
                run_type=DagRunType.MANUAL,
                triggered_by=DagRunTriggeredByType.REST_API,
                state=DagRunState.QUEUED,
                session=session,
            )
            session.flush()
        except OperationalError:
            raise
        except Exception:
            raise RunRefused(traceback.format_exc()) from None
        for ti in run.get_task_instances(session=session):
            if counted(ti.task_id):
                ti.state = TaskInstanceState.SUCCESS
                ti.start_date = ti.end_date = now


def _earlier(dag_id: str, end: datetime, took: timedelta) -> DagRun:
    """A run that succeeded at this moment; none of its tasks is remembered."""
    run = DagRun(
        dag_id=dag_id,
        run_id=f"manual__{end.isoformat()}",
        logical_date=end,
        run_after=end - took,
        queued_at=end - took,
        start_date=end - took,
        run_type=DagRunType.MANUAL,
        triggered_by=DagRunTriggeredByType.REST_API,
        state=DagRunState.SUCCESS,
    )
    run.end_date = end
    return run


def _interval(dag: Any, logical_date: datetime | None) -> Any:
    """The data interval that the DAG's timetable gives a run triggered by hand."""
    if logical_date is None:
        return None
    return dag.timetable.infer_manual_data_interval(run_after=pendulum.instance(logical_date))
