"""Virtual time inside a child: dates, ``time.sleep`` and alarms follow the clock that control owns.

``install`` is called once, before Airflow is imported, so that every ``from time import sleep`` finds ours; until
``begin`` all of it is real. A sleep in the main thread parks the process: it tells control when it wants to go on
and waits. An alarm (``execution_timeout``) that comes due meanwhile goes off inside the sleep, exactly where a
signal would. Sleeps of other threads, and whatever waits in C, stay real.
"""

from __future__ import annotations

import os
import queue
import selectors
import signal
import sys
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
_LOOKS_A_STEP = 1000
_PATIENCE = 5.0
"""Real seconds by which an alarm waits beyond its time for a program that computes instead of sleeping."""
_SHARE = 0.2
"""Real seconds of a wait that are left to the process's other threads and processes, if it has any."""
_MONOTONIC_ORIGIN = 1000 * NS
_MEASURE_WAITS = {"multiprocessing", "selectors", "subprocess"}
"""Modules that wait in C, really, and measure how long: with a clock that stands still they would wait for ever."""


class _Real:
    sleep = staticmethod(time.sleep)
    monotonic = staticmethod(time.monotonic)
    monotonic_ns = staticmethod(time.monotonic_ns)
    ctime = staticmethod(time.ctime)
    asctime = staticmethod(time.asctime)
    setitimer = staticmethod(signal.setitimer)
    getsignal = staticmethod(signal.getsignal)
    signal = staticmethod(signal.signal)
    wait = staticmethod(threading.Condition.wait)
    join = staticmethod(threading.Thread.join)


class _Clock:
    """The state of this process's clock. One per process; ``None`` of it before ``begin``."""

    def __init__(self, side: SideChannel | None, start: int, traveller: Any) -> None:
        self.side = side
        self.traveller = traveller
        self._start = start
        self._parked = 0
        self._real_start = _Real.monotonic_ns()
        self._alarm: int | None = None
        self._interval = 0
        self._rings = False
        self._looks = 0
        self._polled = 0

    @property
    def now(self) -> int:
        return int(self.traveller._destination_timestamp_ns)

    @property
    def monotonic(self) -> int:
        if _in_main():
            self.looked()
            return self.now - self._start + _MONOTONIC_ORIGIN
        # Other threads wait in real time, so some of it has to pass for them.
        return self.now - self._start + _MONOTONIC_ORIGIN + _Real.monotonic_ns() - self._real_start

    def sleep(self, seconds: float) -> None:
        """Sleep in the main thread."""
        if _others_work():
            _Real.sleep(min(seconds, _SHARE))
        self.sleep_until(self.now + round(seconds * NS))

    def sleep_until(self, wake: int) -> None:
        self._looks = self._polled = 0
        while self.now < wake:
            until = wake if self._alarm is None else min(wake, self._alarm)
            self._park(until)
            if self._alarm is not None and self.now >= self._alarm:
                self._ring()

    def nap_until(self, wake: int) -> None:
        """Sleep, but return when control wakes us, be it before that moment."""
        self._looks = self._polled = 0
        until = wake if self._alarm is None else min(wake, self._alarm)
        if self.now < until:
            self._park(until)
        if self._alarm is not None and self.now >= self._alarm:
            self._ring()

    def set_alarm(self, seconds: float, interval: float) -> float:
        """Set it, or with 0 unset it; returns the seconds that were left of the one before."""
        left = 0.0 if self._alarm is None else max(self._alarm - self.now, 0) / NS
        self._alarm = self.now + round(seconds * NS) if seconds else None
        self._interval = round(interval * NS)
        self._arm()
        return left

    def handle(self, handler: Callable[[int, Any], Any], number: int, frame: Any) -> Any:
        """A signal has come; one that interrupts a sleep asks how late it is, and says when it is handled."""
        if self._parked and self.side is not None:
            self._move(self.side.ask("interrupted") or self.now)
            result = handler(number, frame)
            self.side.tell("handled")
            return result
        if number == signal.SIGALRM and not self._rings:
            self._next_alarm()  # it went off in real time, in a program that computes
        return handler(number, frame)

    def looked(self) -> None:
        """Somebody who polls the clock without sleeping moves it too: by 10 ms, then by a hundredth each time."""
        self._looks += 1
        if self._looks > _LOOKS and _in_main():
            step = max(NS // 100, self._polled // 100)
            polled = self._polled + step
            self.sleep_until(self.now + step)
            self._looks, self._polled = _LOOKS - _LOOKS_A_STEP, polled

    def _park(self, until: int) -> None:
        if self.side is None:
            self._move(until)
            return
        # While parked, only control may wake us: a real alarm would break off the conversation.
        if self._alarm is not None:
            _Real.setitimer(signal.ITIMER_REAL, 0)
        self._parked += 1
        try:
            now = self.side.ask("sleep", until)
        except BaseException:
            self.side.tell("gave up")
            raise
        finally:
            self._parked -= 1
        self._move(until if now is None else now)
        if self._alarm is not None:
            self._arm()

    def _move(self, to: int) -> None:
        self.traveller._destination_timestamp_ns = max(to, self.now)

    def _ring(self) -> None:
        self._next_alarm()
        self._rings = True
        try:
            signal.raise_signal(signal.SIGALRM)
        finally:
            self._rings = False

    def _next_alarm(self) -> None:
        self._alarm = self.now + self._interval if self._interval else None
        self._arm()

    def _arm(self) -> None:
        """The real alarm, for a program that computes."""
        left = None if self._alarm is None else max(self._alarm - self.now, 0) / NS + _PATIENCE
        _Real.setitimer(signal.ITIMER_REAL, left or 0)


_clock: _Clock | None = None


class _Traveller(time_machine.Traveller):
    def time_ns(self) -> int:
        if _clock is not None:
            _clock.looked()
        return int(self._destination_timestamp_ns)


def _in_main() -> bool:
    return threading.current_thread() is threading.main_thread()


def _measures_waits() -> bool:
    """Whether our caller's caller does."""
    name = sys._getframe(2).f_globals.get("__name__", "")
    return isinstance(name, str) and name.partition(".")[0] in _MEASURE_WAITS


def _others_work() -> bool:
    """Whether this process has other threads, or children that run."""
    if threading.active_count() > 1:
        return True
    try:
        return os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
    except (AttributeError, ChildProcessError):  # not every system can ask
        return False


def _sleep(seconds: float) -> None:
    if _clock is None or not _in_main() or _measures_waits():
        _Real.sleep(seconds)
        return
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    _clock.sleep(seconds)


def _monotonic_ns() -> int:
    return _Real.monotonic_ns() if _clock is None or _measures_waits() else _clock.monotonic


def _monotonic() -> float:
    return _Real.monotonic() if _clock is None or _measures_waits() else _clock.monotonic / NS


def _ctime(*moment: Any) -> str:
    return _Real.ctime(*(moment or (time.time(),)))


def _asctime(*moment: Any) -> str:
    return _Real.asctime(*(moment or (time.localtime(),)))


def _setitimer(which: int, seconds: float, interval: float = 0.0) -> tuple[float, float]:
    if _clock is None or which != signal.ITIMER_REAL:
        return _Real.setitimer(which, seconds, interval)
    return (_clock.set_alarm(seconds, interval), 0.0)


def _alarm(seconds: int) -> int:
    return int(_setitimer(signal.ITIMER_REAL, seconds)[0])


class _Handler:
    """A signal handler of the program's."""

    def __init__(self, handler: Callable[[int, Any], Any]) -> None:
        self.handler = handler

    def __call__(self, number: int, frame: Any) -> Any:
        return self.handler(number, frame) if _clock is None else _clock.handle(self.handler, number, frame)


def _signal(number: int, handler: Any) -> Any:
    return _inner(_Real.signal(number, _Handler(handler) if callable(handler) and _clock else handler))


def _getsignal(number: int) -> Any:
    return _inner(_Real.getsignal(number))


def _inner(handler: Any) -> Any:
    return handler.handler if isinstance(handler, _Handler) else handler


def _wait(condition: threading.Condition, timeout: float | None = None) -> bool:
    """As ``Condition.wait``: a wait that was in vain took its time; without others, it is a sleep."""
    clock = _clock
    if clock is None or timeout is None or timeout <= 0 or not _in_main():
        return _Real.wait(condition, timeout)
    if _others_work():
        until = clock.now + round(timeout * NS)
        if _Real.wait(condition, timeout):
            return True
        clock.sleep_until(until)
        return False
    lock: Any = condition
    state = lock._release_save()
    try:
        clock.sleep(timeout)
    finally:
        lock._acquire_restore(state)
    return False


def _join(thread: threading.Thread, timeout: float | None = None) -> None:
    clock = _clock
    if clock is None or timeout is None or not _in_main():
        return _Real.join(thread, timeout)
    until = clock.now + round(timeout * NS)
    _Real.join(thread, timeout)
    if thread.is_alive():
        clock.sleep_until(until)
    return None


class _ParkingSelector(selectors.DefaultSelector):
    """An event loop that only waits for time parks; one that waits for a socket waits for real."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if _clock is None or timeout is None or timeout <= 0 or not _in_main():
            return super().select(timeout)
        ready = super().select(_SHARE if len(self.get_map()) > 1 or _others_work() else 0)
        if ready:
            return ready
        _clock.nap_until(_clock.now + round(timeout * NS) + 1000)
        return super().select(0)


def install() -> None:
    """Replace the clock's functions in this process. Real until ``begin``."""
    time.sleep = _sleep  # type: ignore[assignment]
    time.monotonic, time.monotonic_ns = _monotonic, _monotonic_ns
    time.perf_counter, time.perf_counter_ns = _monotonic, _monotonic_ns
    time.ctime, time.asctime = _ctime, _asctime
    signal.setitimer, signal.alarm = _setitimer, _alarm
    signal.signal, signal.getsignal = _signal, _getsignal  # type: ignore[assignment]
    for owner, name, ours in (
        (threading, "_time", _monotonic),  # aliases that were there before us
        (queue, "time", _monotonic),
        (threading.Condition, "wait", _wait),
        (threading.Thread, "join", _join),
    ):
        setattr(owner, name, ours)

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
    traveller._destination_timestamp_ns = now
    _clock = _Clock(side, start, traveller)


def _alone() -> None:
    """In a process that a child has forked: it keeps its own copy of the time."""
    if _clock is not None:
        _clock.side = None
