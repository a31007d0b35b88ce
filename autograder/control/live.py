"""A child that is alive, and all that control knows of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from autograder.airflow33.supervision import Supervision
from autograder.control.child import Child
from autograder.control.clock import NS
from autograder.control.recording import Who
from autograder.faults import Fault

__all__ = ["CANCELLED", "GRACE", "IMPORT", "OVERTIME", "PROCESSOR", "Live"]

OVERTIME = 20
"""Seconds that Airflow gives callbacks after the outcome is reported (``[core] task_success_overtime``)."""
PROCESSOR = 50
"""Seconds that Airflow gives a child of the DAG processor (``[dag_processor] dag_file_processor_timeout``)."""
IMPORT = 20
"""Real seconds that a child of the DAG processor has: the import timeout as we set it, and some for its crash."""
CANCELLED = 60
"""Seconds after which we end a trigger that was cancelled: Airflow gives its ``on_kill`` half of that, then it would
live on in the triggerer, unheard."""
GRACE = 5
"""Seconds between SIGTERM and SIGKILL, as in Airflow's supervisor."""
_OVERSHOOT = 1_000_000
"""Nanoseconds by which every sleep is late, as real ones are."""


@dataclass
class Live:
    child: Child
    who: Who
    supervision: Supervision
    fault: Fault | None = None
    filled: dict[str, Any] | None = None
    """The same as the jail is to perform it. The child is told of it when its work begins, and not before: what is
    going to happen is no business of whatever runs until then."""
    stop_at: int | None = None
    """Virtual nanoseconds at which it has had its time, whatever it does."""
    real_limit: float | None = None
    """Real moment (``time.monotonic``) at which it has had its time; moves on while others run."""
    jailed: bool = False
    """Whether its self-test is over: before that, nothing of the learner's runs in it."""
    terminal: bool = False
    """Whether it has reported its outcome."""
    kill_at: int | None = None
    """Virtual nanoseconds at which it is killed, once it was told to stop."""
    still: bool = False
    """Whether it was made to stand still, because another child may run callbacks."""
    _parked: float | None = None

    def due(self) -> int | None:
        """The next virtual moment at which something is to be done about this child."""
        moments = [] if self.child.wake is None else [self.child.wake + _OVERSHOOT]
        if self.kill_at is not None:
            moments.append(self.kill_at)
        elif self.stop_at is not None:
            moments.append(self.stop_at)
        return min(moments) if moments else None

    def late(self, now: int) -> bool:
        """Whether it has had its (virtual) time."""
        return self.stop_at is not None and now >= self.stop_at

    def report(self, now: int) -> None:
        """Its outcome is known; what it does from now on has a limit."""
        self.terminal = True
        self.stop_at = now + OVERTIME * NS
        self.real_limit = time.monotonic() + OVERTIME

    def told_to_stop(self, now: int) -> None:
        self.kill_at = now + GRACE * NS
        self.real_limit = time.monotonic() + GRACE

    def park(self) -> None:
        """It does not run for now, so no real time of its own passes."""
        self._parked = time.monotonic()
        self.who.rest()

    def resume(self) -> None:
        if self._parked is not None and self.real_limit is not None:
            self.real_limit += time.monotonic() - self._parked
        self._parked = None
        self.who.go_on()
