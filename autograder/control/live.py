"""A child that is alive, and all that control knows of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autograder.control.child import Child
from autograder.control.clock import NS
from autograder.control.recording import Who
from autograder.control.wire import Request
from autograder.faults import Fault

__all__ = ["GRACE", "OVERTIME", "Live"]

OVERTIME = 20
"""Seconds that Airflow gives callbacks after the outcome is reported (``[core] task_success_overtime``)."""
GRACE = 5
"""Seconds between SIGTERM and SIGKILL, as in Airflow's supervisor."""
_OVERSHOOT = 1_000_000
"""Nanoseconds by which every sleep is late, as real ones are."""


@dataclass
class Live:
    child: Child
    who: Who
    on_request: Callable[[Live, Request], bytes]
    on_end: Callable[[Live], None]
    supervision: Any = None
    ti_id: str | None = None
    fault: Fault | None = None
    terminal_at: int | None = None
    """Virtual nanoseconds at which the outcome was reported."""
    real_limit: float | None = None
    """Real moment (``time.monotonic``) at which it has had its time."""
    kill_at: int | None = None
    """Virtual nanoseconds at which it is killed, once it was told to stop."""

    def due(self) -> int | None:
        """The next virtual moment at which something is to be done about this child."""
        moments = [] if self.child.wake is None else [self.child.wake + _OVERSHOOT]
        if self.kill_at is not None:
            moments.append(self.kill_at)
        elif self.terminal_at is not None:
            moments.append(self.terminal_at + OVERTIME * NS)
        return min(moments) if moments else None

    def over(self, now: int) -> bool:
        """Whether its callbacks have had their (virtual) time."""
        return (
            self.kill_at is None and self.terminal_at is not None and now >= self.terminal_at + OVERTIME * NS
        )
