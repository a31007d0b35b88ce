"""Deadline Alerts of one DAG run: the scheduler's part of them, and what became of each.

A deadline's row is made with the run (airflow/serialization/definitions/dag.py:691) and deleted when the run
succeeds in time (models/dagrun.py:1267-1277); one that is missed stays, and so does its callback's row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
from airflow.models import DagRun
from airflow.models.callback import Callback, CallbackType
from airflow.models.deadline import Deadline
from airflow.models.deadline_alert import DeadlineAlert
from airflow.utils.session import create_session
from airflow.utils.sqlalchemy import with_row_locks
from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

__all__ = ["DeadlineRow", "Deadlines"]


@dataclass(frozen=True)
class DeadlineRow:
    """A deadline of the run, with the moments at which something happened to it."""

    id: UUID
    callback_id: UUID
    name: str | None
    reference: str
    interval: float | None
    """Seconds; None: a Variable has them."""
    at: datetime
    callback: str
    """The dotted path of its callback."""
    on_executor: bool
    """Where its callback runs: on the executor, else in the triggerer."""
    missed: datetime | None = None
    pruned: datetime | None = None
    state: str | None = None
    output: str = ""


class Deadlines:
    """The deadlines of one run. None before ``begin``. Those of runs that it triggers are handled, not recorded."""

    def __init__(self, runner: SchedulerJobRunner) -> None:
        self._runner = runner
        self._rows: list[DeadlineRow] = []
        self._any = False

    def begin(self, dag_id: str, run_id: str) -> None:
        """The run has been created, and its deadlines with it."""
        statement = (
            select(Deadline, DeadlineAlert)
            .join(DeadlineAlert, Deadline.deadline_alert_id == DeadlineAlert.id)
            .join(DagRun, Deadline.dagrun_id == DagRun.id)
            .where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
            .options(selectinload(Deadline.callback))
            # An alert's id is made of the time and of a number that grows: alerts are in the order of the file.
            .order_by(Deadline.deadline_time, DeadlineAlert.id)
        )
        with create_session() as session:
            self._rows = [_row(deadline, alert) for deadline, alert in session.execute(statement)]
            self._any = bool(session.scalar(select(func.count(DeadlineAlert.id))))

    def waiting(self, until: datetime | None = None) -> bool:
        """Whether there are some, up to this moment, that are neither missed nor pruned."""
        return any(
            row.missed is None and row.pruned is None and (until is None or row.at < until)
            for row in self._rows
        )

    @property
    def any(self) -> bool:
        """Whether a DAG that is here has deadlines, be it one that this run triggers."""
        return self._any

    def handle(self) -> bool:
        """The deadline block of the scheduler's loop (scheduler_job_runner.py:1828-1854). True: some were missed."""
        if not self._any:
            return False
        missed = False
        overdue = (
            select(Deadline)
            .where(Deadline.deadline_time < datetime.now(UTC))
            .where(~Deadline.missed)
            .options(selectinload(Deadline.callback), selectinload(Deadline.dagrun))
        )
        with create_session() as session:
            for deadline in session.scalars(
                with_row_locks(overdue, of=Deadline, session=session, skip_locked=True, key_share=False)
            ):
                deadline.handle_miss(session)
                missed = True
            self._runner._enqueue_executor_callbacks(session)
        return missed

    def notice(self) -> None:
        """Some may have been missed just now, or deleted, because the run has succeeded in time."""
        if not self.waiting():
            return
        now = datetime.now(UTC)
        with create_session() as session:
            missed = {row.id: row.missed for row in session.execute(select(Deadline.id, Deadline.missed))}
        for index, row in enumerate(self._rows):
            if row.missed is not None or row.pruned is not None:
                continue
            if row.id not in missed:
                self._rows[index] = replace(row, pruned=now)
            elif missed[row.id]:
                self._rows[index] = replace(row, missed=now)

    def due(self, session: Session) -> datetime | None:
        """When the next one is missed, unless its run succeeds before."""
        if not self._any:
            return None
        moment: datetime | None = session.scalar(
            select(func.min(Deadline.deadline_time)).where(~Deadline.missed)
        )
        return moment

    def of_callback(self, callback_id: UUID | str) -> tuple[int, str] | None:
        """The place, among the run's deadlines, of the one with this callback, and the callback's path."""
        wanted = UUID(str(callback_id))
        found = ((i, row.callback) for i, row in enumerate(self._rows) if row.callback_id == wanted)
        return next(found, None)

    def rows(self) -> list[DeadlineRow]:
        """All of them, in the order of their moments, each with its callback's state as it is now."""
        with create_session() as session:
            found = {
                row.id: (str(getattr(row.state, "value", row.state)), str(row.output or ""))
                for row in session.scalars(select(Callback))
            }
        return [
            replace(row, state=found[row.callback_id][0], output=found[row.callback_id][1])
            if row.callback_id in found
            else row
            for row in self._rows
        ]


def _row(deadline: Deadline, alert: DeadlineAlert) -> DeadlineRow:
    data: dict[str, Any] = deadline.callback.data
    interval = alert.interval.get("__data__") if isinstance(alert.interval, dict) else alert.interval
    return DeadlineRow(
        id=deadline.id,
        callback_id=deadline.callback_id,
        name=alert.name,
        reference=str(alert.reference.get("reference_type", "")),
        interval=float(interval) if isinstance(interval, (int, float)) else None,
        at=deadline.deadline_time,
        callback=str(data.get("path", "")),
        on_executor=deadline.callback.type == CallbackType.EXECUTOR,
    )
