"""A database in which there is something to ask for: two DAGs, a run of the past and a run that is going on."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from airflow.dag_processing.collection import update_dag_parsing_results_in_db
from airflow.models.asset import AssetActive
from airflow.models.dag import DagModel
from airflow.models.serialized_dag import SerializedDagModel
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset, AssetAlias, TaskGroup
from airflow.serialization.serialized_objects import DagSerialization, LazyDeserializedDAG
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState, TaskInstanceState
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from autograder.airflow33.environ import BUNDLE

__all__ = ["BEFORE", "DAG_ID", "EARLIER", "EPOCH", "NOW", "STOPS", "TARGET", "Ids", "plant"]

EPOCH = datetime(2026, 3, 2, 6, tzinfo=UTC)
EARLIER = EPOCH - timedelta(days=1)
DAG_ID, STOPS, TARGET = "many", "stops", "target"
BEFORE, NOW = "manual__before", "manual__now"

Ids = dict[tuple[str, str, int], uuid.UUID]
"""Run, task and map index → the task instance's id at the start."""


def plant() -> Ids:
    """Fill the database that this process uses."""
    dags = [_many(), _stops(), DAG(TARGET, schedule=None)]
    with dags[2]:
        EmptyOperator(task_id="only")
    parsed = [LazyDeserializedDAG(data=DagSerialization.to_dict(dag)) for dag in dags]
    with create_session() as session:
        update_dag_parsing_results_in_db(BUNDLE, None, parsed, {}, 0.0, set(), session, warning_types=())
    with create_session() as session:
        for model in session.scalars(select(DagModel)):
            model.is_paused = False
        session.execute(delete(AssetActive).where(AssetActive.name == "nowhere"))
        _run(session, DAG_ID, BEFORE, EARLIER, DagRunState.SUCCESS)
        _run(session, DAG_ID, NOW, EPOCH, DagRunState.RUNNING)
        _run(session, STOPS, NOW, EPOCH, DagRunState.RUNNING)
        session.flush()
        XComModel.set(
            "old",
            "of yesterday",
            dag_id=DAG_ID,
            task_id="group.inside",
            run_id=BEFORE,
            serialize=False,
            session=session,
        )
    with create_session() as session:
        rows = session.scalars(select(TaskInstance).where(TaskInstance.dag_id == DAG_ID)).all()
        return {(row.run_id, row.task_id, row.map_index): row.id for row in rows}


def _many() -> DAG:
    with DAG(DAG_ID, schedule=None, start_date=EARLIER, tags=["b", "a"]) as dag:
        made, nick = Asset("made", uri="x://made/"), AssetAlias("nick")
        EmptyOperator(task_id="succeeds", outlets=[made, nick])
        BashOperator(task_id="retries", bash_command="true", retries=2)
        EmptyOperator(task_id="reschedules")
        EmptyOperator(task_id="defers")
        EmptyOperator(task_id="asks")
        EmptyOperator(task_id="reads_what_nobody_makes", inlets=[Asset("nowhere", uri="x://nowhere/"), made])
        EmptyOperator(task_id="skips_others") >> EmptyOperator(task_id="below")
        BashOperator.partial(task_id="mapped").expand(bash_command=["true", "true", "true"])
        with TaskGroup("group"):
            EmptyOperator(task_id="inside")
            EmptyOperator(task_id="beside")
    return dag


def _stops() -> DAG:
    """The first failure ends all other tasks."""
    with DAG(STOPS, schedule=None, fail_fast=True) as dag:
        EmptyOperator(task_id="fails")
        EmptyOperator(task_id="waits")
    return dag


def _run(session: Session, dag_id: str, run_id: str, moment: datetime, state: DagRunState) -> None:
    found = SerializedDagModel.get(dag_id=dag_id, session=session)
    assert found is not None
    run = found.dag.create_dagrun(
        run_id=run_id,
        logical_date=moment,
        data_interval=(moment, moment),
        run_after=moment,
        run_type=DagRunType.MANUAL,
        triggered_by=DagRunTriggeredByType.REST_API,
        state=state,
        session=session,
    )
    run.start_date = moment
    if state is DagRunState.SUCCESS:
        for ti in run.get_task_instances(session=session):
            ti.state, ti.try_number = TaskInstanceState.SUCCESS, 1
            ti.start_date, ti.end_date = moment, moment + timedelta(seconds=5)
            ti.duration = 5.0
