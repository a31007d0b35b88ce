"""What people do in Airflow's pages: they set the state of a task or a run, and answer tasks that wait for them.

The functions are those that the API server's routes call, so the meaning of each is Airflow's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from airflow.api_fastapi.core_api.datamodels.dag_run import DagRunMutableStates
from airflow.api_fastapi.core_api.datamodels.task_instances import PatchTaskInstanceBody
from airflow.api_fastapi.core_api.services.public.dag_run import patch_dag_run_state
from airflow.api_fastapi.core_api.services.public.task_instances import _patch_task_instance_state
from airflow.models import DagRun
from airflow.models.dagbag import DBDagBag
from airflow.models.hitl import HITLDetail
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from airflow.utils.state import TaskInstanceState
from fastapi import HTTPException
from sqlalchemy import select

__all__ = ["NotTaken", "Question", "answer", "mark_run", "mark_task", "questions"]

_CONFLICT = 409
_SOMEBODY = "somebody"


class NotTaken(Exception):
    """The API server refuses the answer; the text is its reason."""


@dataclass(frozen=True)
class Question:
    """A task instance that waits for a person."""

    task_id: str
    map_index: int
    asked: datetime
    assigned: str | None
    """Who may answer, if that is restricted: the first of them."""


def mark_task(dag_id: str, run_id: str, task_id: str, state: Literal["success", "failed"]) -> None:
    """Set a task's state, of all its map indexes, as "Mark as…" does.

    A task that the DAG lacks, or that is in that state already, stays as it is.
    """
    body = PatchTaskInstanceBody(new_state=TaskInstanceState(state))
    with create_session() as session:
        dag = DBDagBag().get_latest_version_of_dag(dag_id, session=session)
        if dag is None or not dag.has_task(task_id):
            return
        try:
            _patch_task_instance_state(task_id, run_id, dag, body, {"new_state": body.new_state}, session)
        except HTTPException as error:
            if error.status_code != _CONFLICT:
                raise


def mark_run(dag_id: str, run_id: str, state: Literal["success", "failed"]) -> None:
    """Set a run's state: running tasks get the same, those that have not begun are skipped (mark_tasks.py:218)."""
    with create_session() as session:
        dag = DBDagBag().get_latest_version_of_dag(dag_id, session=session)
        run = session.scalar(select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))
        if dag is not None and run is not None:
            patch_dag_run_state(dag=dag, dag_run=run, state=DagRunMutableStates(state), session=session)


def questions(dag_id: str, run_id: str) -> list[Question]:
    """The task instances that wait for a person now, in the order in which they have asked."""
    with create_session() as session:
        found = session.execute(
            select(TaskInstance.task_id, TaskInstance.map_index, HITLDetail.created_at, HITLDetail.assignees)
            .join(HITLDetail, HITLDetail.ti_id == TaskInstance.id)
            .where(
                TaskInstance.dag_id == dag_id,
                TaskInstance.run_id == run_id,
                TaskInstance.state == TaskInstanceState.AWAITING_INPUT,
                HITLDetail.responded_at.is_(None),
            )
        ).all()
    asked = [Question(row[0], row[1], row[2], row[3][0]["id"] if row[3] else None) for row in found]
    return sorted(asked, key=lambda question: (question.asked, question.task_id, question.map_index))


def answer(dag_id: str, run_id: str, question: Question, options: list[str], params: dict[str, Any]) -> None:
    """Answer as "Required Actions" does.

    :raises NotTaken: when these are not among its options, say.
    """
    # The module brings all of the API server's routes along, which takes a second that most runs need not spend.
    from airflow.api_fastapi.app import create_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from airflow.api_fastapi.core_api.datamodels.hitl import UpdateHITLDetailPayload
    from airflow.api_fastapi.core_api.routes.public.hitl import update_hitl_detail

    create_auth_manager()
    with create_session(scoped=False) as session:
        try:
            update_hitl_detail(
                dag_id,
                run_id,
                question.task_id,
                UpdateHITLDetailPayload(chosen_options=options, params_input=params),
                SimpleAuthManagerUser(username=question.assigned or _SOMEBODY, role="user"),
                session,
                question.map_index,
            )
        except HTTPException as error:
            raise NotTaken(str(error.detail)) from None
