"""Virtual time inside a child: dates, sleeps, waits and alarms follow the clock that control owns.

``install`` is called once, before Airflow is imported, so that every ``from time import sleep`` finds ours; until
``begin`` all of it is real. A program that sleeps alone parks the process: it tells control when it wants to go on
and waits. An alarm (``execution_timeout``) that comes due meanwhile goes off inside the sleep, exactly where a
signal would. Who waits beside other threads or processes does so through ``autograder.jail.company``.

What is virtual and what stays real is in docs/reference/time.md.
"""

from __future__ import annotations

import os
import queue
import signal
import socket
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine

from autograder.jail import channels, shells, threads
from autograder.jail.side import SideChannel
from autograder.jail.virtual import NS, REAL, Clock, Handler, clock, start_with

__all__ = ["begin", "install"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MEASURE_WAITS = {"multiprocessing", "selectors"}
"""Modules that wait in C, really, and measure how long: with a clock that stands still they would wait for ever."""


def install() -> None:
    """Replace the clock's functions in this process. Real until ``begin``."""
    time.sleep = _sleep  # type: ignore[assignment]
    time.monotonic, time.monotonic_ns = _monotonic, _monotonic_ns
    time.perf_counter, time.perf_counter_ns = _monotonic, _monotonic_ns
    time.ctime, time.asctime = _ctime, _asctime
    signal.setitimer, signal.alarm = _setitimer, _alarm
    signal.signal, signal.getsignal = _signal, _getsignal  # type: ignore[assignment]
    # Aliases that were there before us.
    vars(threading)["_time"] = vars(queue)["time"] = _monotonic
    threads.install()
    channels.install()
    shells.install()
    os.register_at_fork(after_in_child=_alone)


def begin(side: SideChannel | None, *, now: int, start: int, door: socket.socket | None = None) -> None:
    """From now on time is virtual: it is ``now``, the run began at ``start`` (nanoseconds since 1970).

    :param door: where the shells below us may report, if no such socket can be made any more.
    """
    travel = time_machine.travel(_EPOCH + timedelta(microseconds=now // 1000), tick=False)
    traveller = travel.start()
    traveller.__class__ = _Traveller
    traveller._destination_timestamp_ns = now
    start_with(Clock(side, start, traveller, door))
    threads.begin()


class _Traveller(time_machine.Traveller):
    def time_ns(self) -> int:
        if (ours := clock()) is not None:
            ours.looked()
        return int(self._destination_timestamp_ns)


def _measures_waits() -> bool:
    """Whether our caller's caller does."""
    name = sys._getframe(2).f_globals.get("__name__", "")
    return isinstance(name, str) and name.partition(".")[0] in _MEASURE_WAITS


def _sleep(seconds: float) -> None:
    ours = clock()
    if ours is None or _measures_waits():
        REAL.sleep(seconds)
        return
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    ours.sleep_until(ours.now + round(seconds * NS))


def _monotonic_ns() -> int:
    ours = clock()
    return REAL.monotonic_ns() if ours is None or _measures_waits() else ours.monotonic


def _monotonic() -> float:
    ours = clock()
    return REAL.monotonic() if ours is None or _measures_waits() else ours.monotonic / NS


def _ctime(*moment: Any) -> str:
    return str(REAL.ctime(*(moment or (time.time(),))))


def _asctime(*moment: Any) -> str:
    return str(REAL.asctime(*(moment or (time.localtime(),))))


def _setitimer(which: int, seconds: float, interval: float = 0.0) -> tuple[float, float]:
    ours = clock()
    if ours is None or which != signal.ITIMER_REAL:
        return REAL.setitimer(which, seconds, interval)  # type: ignore[no-any-return]
    return (ours.set_alarm(seconds, interval), 0.0)


def _alarm(seconds: int) -> int:
    return int(_setitimer(signal.ITIMER_REAL, seconds)[0])


def _signal(number: int, handler: Any) -> Any:
    return _inner(REAL.signal(number, Handler(handler) if callable(handler) and clock() else handler))


def _getsignal(number: int) -> Any:
    return _inner(REAL.getsignal(number))


def _inner(handler: Any) -> Any:
    return handler.handler if isinstance(handler, Handler) else handler


def _alone() -> None:
    if (ours := clock()) is not None:
        ours.alone()
