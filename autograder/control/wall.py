"""The wall: the real moment at which a scenario's time is over, whatever its virtual clock says."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["WallReached", "at_the_latest", "undisturbed"]

_undisturbed = 0
"""How many of those who must not be interrupted are at it."""


class WallReached(BaseException):
    """The scenario's real time is over. Passes through Airflow's code, which goes on after any ``Exception``."""


@contextmanager
def at_the_latest(moment: float) -> Iterator[None]:
    """End what is done in here, even if that is one long round of Airflow's scheduler.

    :raises WallReached: at that real moment (``time.monotonic``), and again should somebody not let it pass.
    """

    def late(*_: Any) -> None:
        if not _undisturbed:
            raise WallReached

    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, max(moment - time.monotonic(), 0.001), 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@contextmanager
def undisturbed() -> Iterator[None]:
    """What is done in here is done whole: the wall is heard of a second later.

    For a question and its answer, of which half would be taken for the answer to the next.
    """
    global _undisturbed
    _undisturbed += 1
    try:
        yield
    finally:
        _undisturbed -= 1
