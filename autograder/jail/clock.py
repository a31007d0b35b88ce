"""Virtual time inside a child: dates, ``time.sleep`` and alarms follow the clock that control owns.

``install`` is called once, before Airflow is imported, so that every ``from time import sleep`` finds ours; until
``begin`` all of it is real. A sleep in the main thread parks the process: it tells control when it wants to go on
and waits. An alarm (``execution_timeout``) that comes due meanwhile goes off inside the sleep, exactly where a
signal would. Sleeps of other threads, and whatever waits in C, stay real.
"""

from __future__ import annotations

import os
import selectors
import signal
import threading
import time
from asyncio import selector_events
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine

from autograder.jail.side import SideChannel

__all__ = ["begin", "install"]

NS = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOOKS = 20_000
"""A program that looks at the clock this often without sleeping is waiting for it to move."""
_PATIENCE = 5.0
"""Real seconds by which an alarm waits beyond its time for a program that computes instead of sleeping."""
_MONOTONIC_ORIGIN = 1000 * NS


class _Real:
    sleep = staticmethod(time.sleep)
    setitimer = staticmethod(signal.setitimer)
    signal = staticmethod(signal.signal)


class _Clock:
    """The state of this process's clock. One per process; ``None`` of it before ``begin``."""

    def __init__(self) -> None:
        self.side: SideChannel | None = None
        self.start = 0
        self.alarm: int | None = None
        self.interval = 0
        self.parked = 0
        self.looks = 0
        self.traveller: Any = None

    @property
    def now(self) -> int:
        return int(self.traveller._destination_timestamp_ns)

    def move(self, to: int) -> None:
        self.looks = 0
        self.traveller._destination_timestamp_ns = max(to, self.now)

    def sleep_until(self, wake: int) -> None:
        while self.now < wake:
            until = wake if self.alarm is None else min(wake, self.alarm)
            self._park(until)
            if self.alarm is not None and self.now >= self.alarm:
                self._ring()

    def _park(self, until: int) -> None:
        if self.side is None:
            self.move(until)
            return
        # While parked, only control may wake us: a real alarm would break off the conversation.
        if self.alarm is not None:
            _Real.setitimer(signal.ITIMER_REAL, 0)
        self.parked += 1
        try:
            now = self.side.ask("sleep", until)
        except BaseException:
            self.side.tell("gave up")
            raise
        finally:
            self.parked -= 1
        self.move(until if now is None else now)
        if self.alarm is not None:
            _Real.setitimer(signal.ITIMER_REAL, max(self.alarm - self.now, 0) / NS + _PATIENCE)

    def _ring(self) -> None:
        self.alarm = self.now + self.interval if self.interval else None
        _Real.setitimer(signal.ITIMER_REAL, 0)
        signal.raise_signal(signal.SIGALRM)

    def looked(self) -> None:
        """Somebody who polls the clock without sleeping moves it too, 10 ms for every 1000 looks."""
        self.looks += 1
        if self.looks > _LOOKS and threading.current_thread() is threading.main_thread():
            self.looks = _LOOKS - 1000
            kept = self.looks
            self.sleep_until(self.now + NS // 100)
            self.looks = kept


_clock: _Clock | None = None


class _Traveller(time_machine.Traveller):
    def time_ns(self) -> int:
        if _clock is not None:
            _clock.looked()
        return int(self._destination_timestamp_ns)


def _sleep(seconds: float) -> None:
    if _clock is None or threading.current_thread() is not threading.main_thread():
        _Real.sleep(seconds)
        return
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    _clock.sleep_until(_clock.now + round(seconds * NS))


def _monotonic_ns() -> int:
    return _real_monotonic_ns() if _clock is None else _clock.now - _clock.start + _MONOTONIC_ORIGIN


def _monotonic() -> float:
    return _real_monotonic() if _clock is None else _monotonic_ns() / NS


_real_monotonic, _real_monotonic_ns = time.monotonic, time.monotonic_ns


def _setitimer(which: int, seconds: float, interval: float = 0.0) -> tuple[float, float]:
    if _clock is None or which != signal.ITIMER_REAL:
        return _Real.setitimer(which, seconds, interval)
    before = 0.0 if _clock.alarm is None else (_clock.alarm - _clock.now) / NS
    _clock.alarm = _clock.now + round(seconds * NS) if seconds else None
    _clock.interval = round(interval * NS)
    _Real.setitimer(which, seconds + _PATIENCE if seconds else 0)
    return (before, 0.0)


def _alarm(seconds: int) -> int:
    return int(_setitimer(signal.ITIMER_REAL, seconds)[0])


def _signal(number: int, handler: Any) -> Any:
    """As ``signal.signal``; a handler that interrupts a sleep says when it has returned."""
    if not callable(handler) or _clock is None:
        return _Real.signal(number, handler)

    def handled(received: int, frame: Any) -> Any:
        clock = _clock
        if clock is None or not clock.parked:
            if received == signal.SIGALRM and clock is not None:
                clock.alarm = None
            return handler(received, frame)
        result = handler(received, frame)
        if clock.side is not None:
            clock.side.tell("handled")
        return result

    handled.__wrapped__ = handler  # type: ignore[attr-defined]
    return _Real.signal(number, handled)


class _ParkingSelector(selectors.DefaultSelector):
    """An event loop that only waits for time parks; one that waits for a socket waits for real."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        main = threading.current_thread() is threading.main_thread()
        if _clock is None or not main or timeout is None or timeout <= 0:
            return super().select(timeout)
        busy = len(self.get_map()) > 1 or threading.active_count() > 1
        ready = super().select(0.2 if busy else 0)
        if ready:
            return ready
        _clock.sleep_until(_clock.now + round(timeout * NS) + 1000)
        return super().select(0)


def install() -> None:
    """Replace the clock's functions in this process. Real until ``begin``."""
    time.sleep = _sleep  # type: ignore[assignment]
    time.monotonic, time.monotonic_ns = _monotonic, _monotonic_ns
    time.perf_counter, time.perf_counter_ns = _monotonic, _monotonic_ns
    signal.setitimer, signal.alarm = _setitimer, _alarm
    signal.signal = _signal  # type: ignore[assignment]

    original: Callable[..., None] = selector_events.BaseSelectorEventLoop.__init__

    def loop(self: Any, selector: Any = None) -> None:
        original(self, selector or _ParkingSelector())

    selector_events.BaseSelectorEventLoop.__init__ = loop  # type: ignore[method-assign]
    os.register_at_fork(after_in_child=_alone)


def begin(side: SideChannel | None, *, now: int, start: int) -> None:
    """From now on time is virtual: it is ``now``, the run began at ``start`` (nanoseconds since 1970)."""
    global _clock
    travel = time_machine.travel(_EPOCH + timedelta(microseconds=now // 1000), tick=False)
    traveller = travel.start()
    traveller.__class__ = _Traveller
    clock = _Clock()
    clock.side, clock.start, clock.traveller = side, start, traveller
    clock.move(now)
    _clock = clock


def _alone() -> None:
    """In a process that a child has forked: it keeps its own copy of the time."""
    if _clock is not None:
        _clock.side = None
