"""Control's side of the triggerer: which triggers should run, and what their events do.

Airflow's triggerer runs all triggers in one process; here each has a child of its own, so that what it sends and
logs is its own. What a trigger's row becomes when it starts, and what its events and failures mean, is Airflow's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from airflow.callbacks.callback_requests import CallbackRequest
from airflow.jobs.triggerer_job_runner import TriggerRunnerSupervisor, messages
from airflow.models.callback import Callback
from airflow.models.db_callback_request import DbCallbackRequest
from airflow.models.taskinstance import TaskInstance
from airflow.models.taskinstancekey import TaskInstanceKey
from airflow.models.trigger import Trigger
from airflow.sdk.api.client import Client
from airflow.utils.session import create_session
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from autograder.airflow33.supervision import Outbox, Supervision, parts

__all__ = ["TriggerRow", "TriggerSupervision", "Unkept", "requested", "wanted"]


@dataclass(frozen=True)
class TriggerRow:
    """A trigger that should be running."""

    id: int
    """SQLite gives the ids of triggers that are gone to new ones."""
    created: datetime
    classpath: str
    callback_id: UUID | None
    """Of a deadline's callback that it runs."""
    task: TaskInstanceKey | None
    """The attempt that waits for it."""
    ti_id: UUID | None


def wanted() -> list[TriggerRow]:
    """All triggers that should be running: those of deferred tasks and of callbacks. The others are deleted.

    The triggerer cleans up in each of its rounds (airflow/jobs/triggerer_job_runner.py:706); without that, a
    trigger whose task has timed out would live on.
    """
    with create_session() as session:
        Trigger.clean_unused(session=session)
        found = session.execute(
            select(
                Trigger.id,
                Trigger.created_date,
                Trigger.classpath,
                Callback.id,
                TaskInstance.id,
                TaskInstance.dag_id,
                TaskInstance.task_id,
                TaskInstance.run_id,
                TaskInstance.try_number,
                TaskInstance.map_index,
            )
            .join(Callback, Callback.trigger_id == Trigger.id, isouter=True)
            .join(TaskInstance, TaskInstance.trigger_id == Trigger.id, isouter=True)
            # A triggerer leaves triggers with a queue to those started for that queue, of which there are none.
            .where(Trigger.queue.is_(None))
            .order_by(Trigger.id)
        ).all()
    return [
        TriggerRow(id_, created, classpath, callback, None if ti_id is None else TaskInstanceKey(*key), ti_id)
        for id_, created, classpath, callback, ti_id, *key in found
    ]


def requested() -> list[CallbackRequest]:
    """What the triggerer asks of the DAG processor, which it does through the database.

    A trigger that ends its task itself has the task's callbacks run there (models/trigger.py:668-687;
    dag_processing/manager.py:711-742).
    """
    with create_session() as session:
        found = session.scalars(
            select(DbCallbackRequest).order_by(DbCallbackRequest.priority_weight.desc(), DbCallbackRequest.id)
        ).all()
        requests = [row.get_callback_request() for row in found]
        for row in found:
            session.delete(row)
    return requests


class Unkept(Exception):
    """What a trigger has reported cannot be stored, which in production ends the triggerer."""


class TriggerSupervision(Supervision):
    """Supervises one trigger's child as Airflow's triggerer supervises its runner."""

    def __init__(self, row: TriggerRow, client: Client, pid: int) -> None:
        self.row = row
        outbox = Outbox()
        airflow = TriggerRunnerSupervisor(id=uuid4(), capacity=1, **parts(pid, outbox))
        airflow.client = client
        self._begin(airflow, outbox)
        airflow.creating_triggers.extend(airflow.build_trigger_workloads({row.id}))

    def start(self) -> bytes:
        """The bytes of the child's first message."""
        self._airflow.send_msg(messages.StartTriggerer(), request_id=0)
        return self._outbox.take()

    def handle(self, request_id: int, body: dict[str, Any]) -> bytes:
        """As for any child; events and failures that are reported have their effect at once.

        Those of a trigger that nobody waits for any more have none, as its id may be another's by now.

        :raises Unkept: when Airflow cannot keep them, such as a callback's result that is a dict.
        """
        answer = super().handle(request_id, body)
        if not (self._airflow.events or self._airflow.failed_triggers):
            return answer
        if all(row.id != self.row.id or row.created != self.row.created for row in wanted()):
            self._airflow.events.clear()
            self._airflow.failed_triggers.clear()
        try:
            self._airflow.handle_events()
            self._airflow.handle_failed_triggers()
        except OperationalError:
            raise
        except Exception as error:
            # In production the triggerer ends (jobs/triggerer_job_runner.py:280-284); what was stored before stays.
            raise Unkept(f"{type(error).__name__}: {error}".splitlines()[0]) from error
        return answer
