"""A run in which Airflow's own ``SchedulerJobRunner._run_scheduler_loop()`` goes round, unmodified.

Three names of its module are ours, and no more: its ``time.sleep`` goes to the next moment at which something is due,
its timers count virtual seconds, and its heartbeat is written at every round. The last is because the clock jumps:
Airflow writes the beat before the one it has just taken (airflow/jobs/job.py:227), so after a jump of hours its own
job would look dead to it and it would start every living task anew (scheduler_job_runner.py:3281).
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from airflow.jobs import scheduler_job_runner
from airflow.jobs.job import Job
from airflow.models.taskinstance import TaskInstance
from airflow.utils.event_scheduler import EventScheduler
from airflow.utils.session import create_session
from sqlalchemy import update

from autograder.airflow33.supervision import TaskSupervision
from autograder.control.clock import NS
from autograder.control.run import Run

__all__ = ["Looped"]


class _Over(BaseException):
    """Leaves the loop, which knows no end and goes on after any ``Exception`` in places."""


class Looped(Run):
    """Everything of it is the product's but ``rounds``."""

    _busy = False

    def rounds(self) -> None:
        replaced = {
            "time": SimpleNamespace(**{**vars(time), "sleep": self._idle}),
            "EventScheduler": partial(
                EventScheduler, timefunc=lambda: (self._clock.now - self._clock.epoch) / NS
            ),
            "perform_heartbeat": self._end_of_round,
        }
        try:
            with patch.multiple(scheduler_job_runner, **replaced):
                self._scheduling._runner._run_scheduler_loop()
        except _Over:
            return

    def _end_of_round(self, **_: Any) -> None:
        """Called when all is done but the timers, the search for tasks without heartbeat among them."""
        self._beat()
        self._scheduling.deadlines.notice()
        self._busy = self.between_rounds()
        if self.over:
            raise _Over

    def _idle(self, _seconds: float) -> None:
        """Idle for the loop is not idle for us: what an executor holds is for its next round."""
        # The timers have run since the end of the round.
        if not (self.between_rounds() or self._busy or self._scheduling.hurries):
            self.pass_time()

    def _beat(self) -> None:
        living = [
            live.supervision.ti_id
            for live in self._children.live
            if isinstance(live.supervision, TaskSupervision) and not live.terminal
        ]
        now = datetime.now(UTC)
        with create_session() as session:
            session.execute(update(Job).values(latest_heartbeat=now))
            session.execute(
                update(TaskInstance).where(TaskInstance.id.in_(living)).values(last_heartbeat_at=now)
            )
