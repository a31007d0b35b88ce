"""Airflow's own scheduler, driven step by step, with an executor of ours.

``SchedulerJobRunner`` decides *what* happens; the only scheduling knowledge here is *when to look next*
(``Scheduling.due``). A mistake in it can delay a run or get it stuck, which is noticed; it cannot change a state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from airflow import settings
from airflow.callbacks.callback_requests import CallbackRequest
from airflow.executors.base_executor import BaseExecutor
from airflow.executors.workloads import ExecuteCallback, ExecuteTask
from airflow.jobs.job import Job
from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
from airflow.models import DagRun
from airflow.models.pool import Pool
from airflow.models.taskinstance import TaskInstance
from airflow.models.taskreschedule import TaskReschedule
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState, TaskInstanceState
from sqlalchemy import bindparam, event, func, select, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql import functions

from autograder.airflow33.deadlines import Deadlines

__all__ = ["Scheduling", "Starving", "TaskRow", "Unsupported", "install_clock"]

_RESOLUTION = timedelta(microseconds=1)
_LAST = datetime.max.replace(tzinfo=UTC) - _RESOLUTION
_UNFINISHED = (DagRunState.RUNNING, DagRunState.QUEUED)
_TIMED = (TaskInstanceState.DEFERRED, TaskInstanceState.AWAITING_INPUT)
_WAITING = (TaskInstanceState.UP_FOR_RETRY, TaskInstanceState.UP_FOR_RESCHEDULE, *_TIMED)


def install_clock() -> None:
    """Make SQL's ``CURRENT_TIMESTAMP`` follow Python's clock, for SQLite, in this process.

    Airflow compares a run's ``run_after`` with the database's own clock (models/dagrun.py:771); under a clock that
    control owns, a run would stay queued for ever.
    """

    @compiles(functions.now, "sqlite")
    def _now(element, compiler, **kw):  # type: ignore[no-untyped-def]
        return "autograder_now()"

    @event.listens_for(settings.engine, "connect")
    def _function(connection, _record):  # type: ignore[no-untyped-def]
        connection.create_function(
            "autograder_now", 0, lambda: datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        )


@dataclass(frozen=True)
class TaskRow:
    """A task instance as the database has it."""

    id: str
    task_id: str
    map_index: int
    try_number: int
    state: str | None
    retries: int


@dataclass(frozen=True)
class Starving:
    """A task that the scheduler will never let run."""

    task_id: str
    pool: str
    wanted: int
    """Slots."""
    slots: int | None
    """How many the pool has; None: there is no such pool."""


class _Executor(BaseExecutor):
    """Hands workloads and callback requests to control, and control's news to the scheduler."""

    supports_callbacks = True
    is_local = False

    def __init__(
        self,
        on_task: Callable[[ExecuteTask], None],
        on_callback: Callable[[ExecuteCallback], None],
        on_request: Callable[[CallbackRequest], None],
    ) -> None:
        super().__init__(parallelism=32)
        self._on_task, self._on_callback, self._on_request = on_task, on_callback, on_request

    def send_callback(self, request: CallbackRequest) -> None:
        self._on_request(request)

    def _process_workloads(self, workload_items: Sequence[Any]) -> None:
        for workload in workload_items:
            self.running.add(workload.key)
            if isinstance(workload, ExecuteTask):
                self.queued_tasks.pop(workload.key)
                self._on_task(workload)
            else:
                self.queued_callbacks.pop(workload.key)
                self.running_state(workload.key)
                self._on_callback(workload)


class Unsupported(Exception):
    """The run needs a part of Airflow that this grader does not run yet; the text names it."""


def _columns(*columns: Any) -> Any:
    table = columns[0].class_.__table__
    return select(*(table.c[column.key] for column in columns))


_NAMED = (
    DagRun.__table__.c.dag_id == bindparam("dag_id"),
    DagRun.__table__.c.run_id == bindparam("run_id"),
)
_RUN = _columns(DagRun.state).where(*_NAMED)
_TASKS = _columns(
    TaskInstance.dag_id,
    TaskInstance.run_id,
    TaskInstance.id,
    TaskInstance.task_id,
    TaskInstance.map_index,
    TaskInstance.try_number,
    TaskInstance.state,
    TaskInstance.max_tries,
)


def _beat() -> Any:
    return (
        update(TaskInstance)
        .where(TaskInstance.state == TaskInstanceState.RUNNING)
        .values(last_heartbeat_at=datetime.now(UTC))
        .execution_options(synchronize_session=False)
    )


class Scheduling:
    """The scheduler of one DAG run.

    :param on_task: starts an attempt of a task.
    :param on_callback: starts a callback that belongs on the executor, a deadline's.
    :param on_request: takes what the DAG processor is asked to do.
    """

    def __init__(
        self,
        on_task: Callable[[ExecuteTask], None],
        on_callback: Callable[[ExecuteCallback], None],
        on_request: Callable[[CallbackRequest], None],
    ) -> None:
        self._executor = _Executor(on_task, on_callback, on_request)
        with create_session() as session:
            job = Job()  # type: ignore[no-untyped-call]
            job.job_type = "SchedulerJob"
            job.state = "running"
            session.add(job)
            session.flush()
            session.refresh(job)
            job_id = job.id
            session.expunge(job)
        self._runner = SchedulerJobRunner(job=job, executors=[self._executor], scheduler_idle_sleep_time=1.0)
        self._executor.job_id = job_id
        self.deadlines = Deadlines(self._runner)
        self.dag_id = ""
        self.run_id = ""
        self._states: set[str | None] = set()
        """Of the task instances, as they were when last looked at."""
        self.beside: list[TaskRow] = []
        """The task instances of the runs that this one has triggered, as they were when last looked at."""
        self._silent: set[UUID] = set()
        """Task instances of whom nobody will hear again, and nobody knows it yet."""

    def begin(self, dag_id: str, run_id: str) -> None:
        """This run has been created."""
        self.dag_id, self.run_id = dag_id, run_id
        self.deadlines.begin(dag_id, run_id)

    def starving(self) -> list[Starving]:
        """Tasks that wait for a pool which does not exist, or for more slots than theirs has."""
        with create_session() as session:
            slots = {pool.pool: pool.slots for pool in session.scalars(select(Pool))}
            waiting = session.execute(
                select(TaskInstance.task_id, TaskInstance.pool, TaskInstance.pool_slots)
                .where(TaskInstance.state == TaskInstanceState.SCHEDULED)
                .order_by(TaskInstance.task_id)
            ).all()
        found = [Starving(task_id, pool, wanted, slots.get(pool)) for task_id, pool, wanted in waiting]
        return [one for one in found if one.slots is None or 0 <= one.slots < one.wanted]

    def step(self) -> bool:
        """One round of the scheduler's loop. True when it did something, so that another round is due at once."""
        runner, executor = self._runner, self._executor
        runner._dag_id_to_team_name = {}
        with create_session() as session:
            queued = runner._do_scheduling(session)
            session.expunge_all()
        executor.heartbeat()
        with create_session() as session:
            finished = runner._process_executor_events(executor=executor, session=session)
        with create_session() as session:
            runner._process_task_event_logs(executor._task_event_logs, session)
        missed = self.deadlines.handle()
        self.deadlines.notice()
        # In Airflow's loop these are timers, which run at its end (jobs/scheduler_job_runner.py:1866).
        if TaskInstanceState.DEFERRED in self._states:
            runner.check_trigger_timeouts()
        if TaskInstanceState.AWAITING_INPUT in self._states:
            runner.check_awaiting_input_timeouts()
        if self._silent:
            self._miss_heartbeats()
        return bool(queued or finished or missed or self.hurries)

    @property
    def hurries(self) -> bool:
        """Whether the scheduler has something to do in its next round, before the clock moves."""
        executor = self._executor
        return bool(executor.event_buffer or executor.queued_tasks or executor.queued_callbacks)

    def gone_silent(self, ti_id: UUID) -> None:
        """This attempt's machine is gone; its last heartbeat was just now."""
        self._silent.add(ti_id)
        with create_session() as session:
            session.execute(_beat().where(TaskInstance.id == ti_id))

    def _miss_heartbeats(self) -> None:
        """What the scheduler does about them (jobs/scheduler_job_runner.py:3519-3654), once the others have beaten."""
        with create_session() as session:
            self._silent = set(session.scalars(self._unheard(TaskInstance.id)))
            session.execute(_beat().where(TaskInstance.id.not_in(self._silent)))
        self._runner._find_and_purge_task_instances_without_heartbeats()

    def _unheard(self, column: Any) -> Any:
        return select(column).where(
            TaskInstance.id.in_(self._silent), TaskInstance.state == TaskInstanceState.RUNNING
        )

    def ended(self, key: Any, ok: bool) -> None:
        """The executor's news of an attempt, or of a callback: its supervisor ended well, or not."""
        (self._executor.success if ok else self._executor.fail)(key)

    def rows(self) -> tuple[str | None, list[TaskRow]]:
        """The run's state and its task instances."""
        # Asked after every step: statements that are built once, on a connection without a session.
        assert settings.engine is not None
        with settings.engine.connect() as connection:
            state = connection.scalar(_RUN, {"dag_id": self.dag_id, "run_id": self.run_id})
            found = connection.execute(_TASKS).all()
        rows: list[TaskRow] = []
        self.beside = []
        for dag_id, run_id, id_, task_id, index, number, state_, retries in found:
            # SQLite stores what it is given: a DAG may say that it has "many" retries.
            most = retries if isinstance(retries, int) else 0
            row = TaskRow(str(id_), task_id, index, number, str(state_) if state_ else None, most)
            ours = (dag_id, run_id) == (self.dag_id, self.run_id)
            (rows if ours else self.beside).append(row)
        self.beside.sort(key=lambda row: row.id)
        self._states = {row.state for row in (*rows, *self.beside)}
        return (str(state) if state else None), sorted(rows, key=lambda r: (r.task_id, r.map_index))

    @property
    def others_go_on(self) -> bool:
        """Whether a run that this one has triggered has not ended."""
        if not self.beside:
            return False
        with create_session() as session:
            return bool(session.scalar(select(func.count(DagRun.id)).where(DagRun.state.in_(_UNFINISHED))))

    def due(self) -> datetime | None:
        """The next moment at which the database alone makes something happen: a retry, a poke, a deadline."""
        with create_session() as session:
            moments = list(self._moments(session))
            if deadline := self.deadlines.due(session):
                moments.append(deadline)
        # Airflow asks whether the moment has passed, not whether it has come.
        return min(*moments, _LAST) + _RESOLUTION if moments else None

    def _moments(self, session: Session) -> Iterator[datetime]:
        """What is due while the run, and those that it has triggered, go on."""
        for run in session.scalars(select(DagRun).where(DagRun.state.in_(_UNFINISHED))).all():
            yield from self._moments_of(run, session)
        if self._silent:
            timeout = timedelta(seconds=self._runner._task_instance_heartbeat_timeout_secs)
            for beat in session.scalars(self._unheard(TaskInstance.last_heartbeat_at)):
                yield beat + timeout

    def _moments_of(self, run: DagRun, session: Session) -> Iterator[datetime]:
        dag = self._runner.scheduler_dag_bag.get_dag_for_run(dag_run=run, session=session)
        if dag is None:
            return
        if run.state == DagRunState.QUEUED and run.run_after > datetime.now(UTC):
            yield run.run_after
        if dag.dagrun_timeout and run.start_date:
            yield run.start_date + dag.dagrun_timeout
        waiting = session.scalars(
            select(TaskInstance).where(
                TaskInstance.dag_id == run.dag_id,
                TaskInstance.run_id == run.run_id,
                TaskInstance.state.in_(_WAITING),
            )
        ).all()
        for ti in waiting:
            if ti.state == TaskInstanceState.UP_FOR_RETRY:
                ti.task = dag.get_task(ti.task_id)
                yield ti.next_retry_datetime()  # type: ignore[no-untyped-call]
            elif ti.state in _TIMED:
                if ti.trigger_timeout:
                    yield ti.trigger_timeout
            else:
                latest = session.scalar(
                    select(func.max(TaskReschedule.reschedule_date)).where(TaskReschedule.ti_id == ti.id)
                )
                if latest:
                    yield latest
