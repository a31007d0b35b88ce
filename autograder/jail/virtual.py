"""The state of this process's clock: what time it is, and who waits for which moment."""

from __future__ import annotations

import _thread
import signal
import socket
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from autograder.jail.company import NS, Company
from autograder.jail.side import SideChannel
from autograder.jail.tree import has_children

__all__ = ["NS", "REAL", "Clock", "Handler", "clock", "in_main", "lonely", "start_with"]

REAL = SimpleNamespace(
    sleep=time.sleep,
    monotonic=time.monotonic,
    monotonic_ns=time.monotonic_ns,
    ctime=time.ctime,
    asctime=time.asctime,
    setitimer=signal.setitimer,
    getsignal=signal.getsignal,
    signal=signal.signal,
)
"""What the system gives, as it was before we replaced it."""

_LOOKS = 20_000
"""A program that looks at the clock this often without sleeping is waiting for it to move."""
_LOOKS_A_STEP = 1000
_PATIENCE = 5.0
"""Real seconds by which an alarm waits beyond its time for a program that computes instead of sleeping."""
_MONOTONIC_ORIGIN = 1000 * NS


class Clock:
    """Of one process. Time stands still but while somebody waits for it.

    :param side: the way to control; None: nobody else moves this clock.
    :param traveller: time-machine's, which holds the time.
    :param door: where shells may report; made when it is needed unless given.
    """

    def __init__(
        self, side: SideChannel | None, start: int, traveller: Any, door: socket.socket | None = None
    ) -> None:
        self.side = side
        self.company = Company(self, door)
        self.ringing = False
        """Whether the keeper has set off the alarm and its handler has not ended."""
        self.alarm: int | None = None
        self._traveller = traveller
        self._start = start
        self._parked = 0
        self._interval = 0
        self._rings = False
        self._looks = 0
        self._polled = 0

    # -- for programs --------------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """Nanoseconds since 1970."""
        return int(self._traveller._destination_timestamp_ns)

    @property
    def monotonic(self) -> int:
        self.looked()
        return self.now - self._start + _MONOTONIC_ORIGIN

    def after(self, seconds: float | None) -> int | None:
        """The moment so many seconds from now; None: never."""
        return None if seconds is None else self.now + round(max(seconds, 0) * NS)

    def sleep_until(self, wake: int) -> None:
        self._looks = self._polled = 0
        if not lonely():
            if self.now < wake:
                self.company.sleep(wake)
            return
        while self.now < wake:
            self.park(wake if self.alarm is None else min(wake, self.alarm))
            if self.alarm is not None and self.now >= self.alarm:
                self._next_alarm()
                self._rings = True
                try:
                    signal.raise_signal(signal.SIGALRM)
                finally:
                    self._rings = False

    def looked(self) -> None:
        """Somebody who polls the clock without sleeping moves it too: by 10 ms, then by a hundredth each time."""
        self._looks += 1
        if self._looks > _LOOKS:
            step = max(NS // 100, self._polled // 100)
            polled = self._polled + step
            self.sleep_until(self.now + step)
            self._looks, self._polled = _LOOKS - _LOOKS_A_STEP, polled

    def set_alarm(self, seconds: float, interval: float) -> float:
        """Set it, or with 0 unset it; returns the seconds that were left of the one before."""
        left = 0.0 if self.alarm is None else max(self.alarm - self.now, 0) / NS
        self.alarm = self.now + round(seconds * NS) if seconds else None
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
        if number == signal.SIGALRM and not (self._rings or self.ringing):
            self._next_alarm()  # it went off in real time, in a program that computes
        try:
            with self.company.handling():
                return handler(number, frame)
        finally:
            if number == signal.SIGALRM:
                self.ringing = False

    def settled(self, port: int) -> bool:
        """Whether behind this port there is a stand-in, which has by now answered all that it is going to answer."""
        return self.side is not None and bool(self.side.ask("settle", port))

    def alone(self) -> None:
        """In a process that a child has forked: it keeps its own copy of the time."""
        self.side = None
        self.company.forget()
        self.company = Company(self)
        self._parked, self.ringing = 0, False

    # -- for the keeper ------------------------------------------------------------------------------------------

    @property
    def occupied(self) -> bool:
        return self.ringing or (self.side is not None and self.side.talking)

    def park(self, until: int) -> None:
        if self.side is None:
            self._move(until)
            return
        # While parked, only control may wake us: a real alarm would break off the conversation.
        if self.alarm is not None:
            REAL.setitimer(signal.ITIMER_REAL, 0)
        direct = in_main()
        self._parked += direct
        try:
            now = self.side.ask("sleep", until)
        except BaseException:
            self.side.tell("gave up")
            raise
        finally:
            self._parked -= direct
        self._move(until if now is None else now)
        if self.alarm is not None:
            self._arm()

    def ring(self) -> None:
        self._next_alarm()
        main = threading.main_thread().ident
        if main is not None:
            self.ringing = isinstance(REAL.getsignal(signal.SIGALRM), Handler)
            signal.pthread_kill(main, signal.SIGALRM)

    def gave_up(self) -> None:
        if self.side is not None:
            self.side.tell("gave up")

    def interrupt(self) -> None:
        if self.side is not None:
            self.side.tell("interrupted")

    def _move(self, to: int) -> None:
        self._traveller._destination_timestamp_ns = max(to, self.now)

    def _next_alarm(self) -> None:
        self.alarm = self.now + self._interval if self._interval else None
        self._arm()

    def _arm(self) -> None:
        """The real alarm, for a program that computes."""
        left = None if self.alarm is None else max(self.alarm - self.now, 0) / NS + _PATIENCE
        REAL.setitimer(signal.ITIMER_REAL, left or 0)


class Handler:
    """A signal handler of the program's."""

    def __init__(self, handler: Callable[[int, Any], Any]) -> None:
        self.handler = handler

    def __call__(self, number: int, frame: Any) -> Any:
        return self.handler(number, frame) if _clock is None else _clock.handle(self.handler, number, frame)


_clock: Clock | None = None


def clock() -> Clock | None:
    """This process's clock; None: its time is real."""
    return _clock


def start_with(started: Clock) -> None:
    global _clock
    _clock = started


def in_main() -> bool:
    return _thread.get_ident() == threading.main_thread().ident


def lonely() -> bool:
    """Whether we are the only thread, and no process below us runs."""
    return in_main() and threading.active_count() == 1 and not has_children()
