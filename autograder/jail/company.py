"""Waiting in virtual time beside other threads and processes: the clock moves when none of them has anything to do.

Every wait of a thread is written down here. A keeper, a thread of its own that Python's ``threading`` does not know,
looks at them: when all wait, it parks the process, as a sleep of a lonely program does, until the first of them is
due, and lets that one go on, one at a time. Threads that wait somewhere else (in C, say) and processes below us are
judged by what the system says of them: one that computes holds the clock for as long as it does, one that waits for
something unknown holds it for a moment.
"""

from __future__ import annotations

import _thread
import ctypes
import itertools
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from math import isfinite
from typing import Any, Protocol

from autograder.jail.tree import busy, descendants, has_children

__all__ = ["KEEPER", "NS", "Company", "Host"]

NS = 1_000_000_000
KEEPER = "autograder-keep"
"""The name of the keeper's thread for the system, by which control knows that it is none of the learner's."""
_SLICE = 0.002
"""Real seconds for which a wait that cannot be broken off from outside is left alone."""
_SHARE = 0.2
"""Real seconds that somebody who waits for we know not what may hold the clock."""
_SHELL_SHARE = 0.03
"""The same while a shell below us sleeps and everybody else below us waits for it."""
_FAR = 30 * 24 * 3600 * NS
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

_sleep, _monotonic = time.sleep, time.monotonic

_PR_SET_NAME = 15
_libc: Any = ctypes.CDLL(None)


class Host(Protocol):
    """The clock of this process, as the keeper needs it."""

    @property
    def now(self) -> int: ...

    @property
    def alarm(self) -> int | None: ...

    @property
    def occupied(self) -> bool:
        """Whether the alarm has gone off and is not handled yet, or somebody talks to control."""

    def park(self, until: int) -> None:
        """Wait until control has moved the clock; not longer than until this moment."""

    def ring(self) -> None:
        """The alarm goes off, in the main thread."""

    def gave_up(self) -> None:
        """Tell control that the sleep it has broken off is over."""

    def interrupt(self) -> None:
        """Tell control that a signal has come, so that the keeper hears how late it is."""


class _Wait:
    """One thread's wait."""

    numbers = itertools.count()

    def __init__(
        self,
        wake: int | None,
        ready: Callable[[], bool],
        release: Callable[[], object] = lambda: None,
        *,
        foreign: bool = False,
    ) -> None:
        self.wake, self.ready, self.release, self.foreign = wake, ready, release, foreign
        self.number = next(self.numbers)
        self.granted = False

    @property
    def over(self) -> bool:
        return self.granted or self.ready()

    def grant(self) -> None:
        self.granted = True
        try:
            self.release()
        except RuntimeError:
            self.granted = False  # it is a lock, which somebody else has released


class _Sleeper:
    """A ``sleep`` of a shell below us."""

    def __init__(self, door: socket.socket, pid: int, wake: int | None) -> None:
        self.door, self.pid, self.wake = door, pid, wake
        self.number = next(_Wait.numbers)

    def grant(self) -> None:
        self.tell(b"done\n")

    def tell(self, word: bytes) -> None:
        with suppress(OSError):
            self.door.send(word)


class Company:
    """All that waits in this process and below it."""

    def __init__(self, host: Host, door: socket.socket | None = None) -> None:
        """A company of one thread.

        :param door: a socket that listens on loopback, for shells; made when it is needed unless given.
        """
        self._host, self._door = host, door
        self._waits: dict[int, _Wait] = {}
        self._sleepers: dict[int, _Sleeper] = {}
        self._arrived: dict[int, socket.socket] = {}
        self._keeper: int | None = None
        self._dismissed: Any = None
        """A lock that the keeper releases when it has gone, if it is to go."""
        self._starting = _thread.RLock()
        self._poke: tuple[int, int] | None = None
        self._listener: socket.socket | None = None
        self._poller = select.poll()
        self._handling = 0
        self._parked = False
        self._interrupted: Any = None

    # -- for those who wait --------------------------------------------------------------------------------------

    def ticket(self, lock: Any, wake: int | None) -> bool:
        """Wait for a lock that somebody releases, until then. Whether it was released in time."""
        wait = _Wait(wake, lambda: not lock.locked(), lock.release)
        with self._waiting(wait):
            lock.acquire()
        return not wait.granted

    def sleep(self, wake: int) -> None:
        lock = _thread.allocate_lock()
        lock.acquire()
        self.ticket(lock, wake)

    def files(self, files: list[tuple[int, int]], wake: int | None, *, foreign: bool = False) -> None:
        """Wait until one of these is ready, or until then. Files: descriptors, and what of ``select.poll``'s events.

        :param foreign: whether somebody may write to them whom we do not see.
        """
        woken, wakes = os.pipe()
        try:
            # One to wait with and one to look with: two threads must not use the same.
            poller, ready = select.poll(), select.poll()
            poller.register(woken, select.POLLIN)
            for fd, events in files:
                poller.register(fd, events)
                ready.register(fd, events)
            release = partial(os.write, wakes, b".")
            with self._waiting(_Wait(wake, lambda: bool(ready.poll(0)), release, foreign=foreign)):
                poller.poll()
        finally:
            os.close(woken)
            os.close(wakes)

    def polled(self, attempt: Callable[[float], bool], ready: Callable[[], bool], wake: int | None) -> bool:
        """Attempt something, for some real seconds each time, until it succeeds or the moment has come.

        :param ready: whether the next attempt will succeed.
        """
        wait = _Wait(wake, ready)
        with self._waiting(wait):
            while not attempt(_SLICE):
                if wait.granted:
                    return attempt(0)
        return True

    @contextmanager
    def answered(self) -> Iterator[None]:
        """In here a thread waits for an answer that will come: the clock stands still."""
        me = _thread.get_ident()
        # Without a keeper, which most programs never need: if one comes, it finds this here.
        try:
            self._waits[me] = _Wait(None, lambda: True)
            yield
        finally:
            self._waits.pop(me, None)

    def port(self) -> int:
        """Where the ``sleep`` of a shell reports."""
        self._start()
        with self._starting:
            if self._listener is None:
                self._listener = self._door or socket.create_server(("127.0.0.1", 0))
                self._listener.setblocking(False)
                self._poller.register(self._listener, select.POLLIN)
                self._wake_keeper()
            return int(self._listener.getsockname()[1])

    @contextmanager
    def handling(self) -> Iterator[None]:
        """In here a signal's handler runs in the main thread, whatever that was waiting for."""
        me = _thread.get_ident()
        wait = self._waits.pop(me, None)
        self._handling += 1
        try:
            if self._parked and self._interrupted is None:
                self._interrupted = _thread.allocate_lock()
                self._interrupted.acquire()
                self._host.interrupt()
                self._interrupted.acquire()
                self._interrupted = None
            yield
        finally:
            self._handling -= 1
            if wait is not None:
                self._waits[me] = wait
                self._wake_keeper()

    def rest(self) -> None:
        """Nobody waits: the keeper ends, and comes again when somebody does.

        When a task reports its outcome, whoever is alive beside it counts, and anybody could have the keeper's name.
        """
        with self._starting:
            if self._keeper is None or self._waits or self._sleepers or has_children():
                return
            self._dismissed = _thread.allocate_lock()
            self._dismissed.acquire()
            self._wake_keeper()
            self._dismissed.acquire()
            self._keeper = self._dismissed = None
            if self._waits:
                self._start()  # somebody began to wait meanwhile

    def forget(self) -> None:
        """In a fork: nobody else is here."""
        for door in (self._listener, *self._arrived.values(), *(s.door for s in self._sleepers.values())):
            if door is not None:
                door.close()
        for end in self._poke or ():
            os.close(end)

    # -- the keeper ----------------------------------------------------------------------------------------------

    @contextmanager
    def _waiting(self, wait: _Wait) -> Iterator[None]:
        me = _thread.get_ident()
        # All of it inside: a signal's handler may raise anywhere, and must not leave a wait behind.
        try:
            # The wait first: a keeper that is about to go comes again for it.
            self._waits[me] = wait
            self._start()
            self._wake_keeper()
            yield
        finally:
            self._waits.pop(me, None)

    def _start(self) -> None:
        if self._keeper is not None:
            return
        # Several threads may begin to wait at once, and a second keeper would break the first one's poller.
        with self._starting:
            if self._keeper is None:
                if self._poke is None:
                    self._poke = os.pipe()
                    for end in self._poke:
                        os.set_blocking(end, False)
                    self._poller.register(self._poke[0], select.POLLIN)
                # Not a ``threading.Thread``: a program that counts its threads must not find it.
                self._keeper = _thread.start_new_thread(self._keep, ())

    def _wake_keeper(self) -> None:
        if self._poke is not None:
            with suppress(BlockingIOError):
                os.write(self._poke[1], b".")

    def _keep(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
        if sys.platform == "linux":
            _libc.prctl(_PR_SET_NAME, KEEPER.encode(), 0, 0, 0)
        since: float | None = None
        while self._dismissed is None:
            expecting = bool(self._waits or self._sleepers)
            if self._hear(0.001 if since is not None else None if not expecting else 0):
                since = None
            if not (self._waits or self._sleepers):
                since = None
                continue
            share = self._share()
            if share is None:
                since = None
                _sleep(0.0005)
                continue
            since = since or _monotonic()
            if _monotonic() - since < share or self._hear(0):
                continue
            since = None
            self._advance()
        self._dismissed.release()

    def _share(self) -> float | None:
        """For how long (real seconds) all has to be as it is before the clock may move. None: somebody is at work."""
        if self._handling or self._host.occupied:
            return None
        waits = dict(self._waits)
        # First those who may wake others, then those who may be woken.
        below = descendants(os.getpid()) if has_children() else {}
        elsewhere = [
            # After a fork, Python's number of the main thread is still the parent's.
            os.getpid() if thread is threading.main_thread() else thread.native_id
            for ident, thread in list(vars(threading)["_active"].items())
            if ident not in waits
        ]
        if any(busy(pid) for pid in reversed(below)) or any(busy(os.getpid(), each) for each in elsewhere):
            return None
        # A thread that is being started is not among the others yet.
        if vars(threading)["_limbo"] or any(wait.over for wait in waits.values()):
            return None
        shells = self._shells(below)
        if below.keys() - shells or any(wait.foreign for wait in waits.values()):
            return _SHARE
        if self._next() is None:
            return _SHARE  # nothing is lost by being sure
        if elsewhere:
            return _SHELL_SHARE if shells else _SHARE
        return _SHELL_SHARE if below else 0.0

    def _shells(self, below: dict[int, int]) -> set[int]:
        """The processes below us that sleep, and those between them and us."""
        found = set()
        for sleeper in self._sleepers.values():
            pid: int | None = sleeper.pid
            while pid is not None:
                found.add(pid)
                pid = below.get(pid)
        return found

    def _next(self) -> _Wait | _Sleeper | None:
        """Who is due first."""
        waiting: list[_Wait | _Sleeper] = [*self._waits.values(), *self._sleepers.values()]
        due = [(wait.wake, wait.number, wait) for wait in waiting if wait.wake is not None]
        return min(due)[2] if due else None

    def _advance(self) -> None:
        """Nobody has anything to do now: let the next one go on, or go to the moment when there is one."""
        first, alarm, now = self._next(), self._host.alarm, self._host.now
        if alarm is not None and alarm <= now:
            # On its way into its wait, after it was stopped for instance, a thread would not be woken by a signal.
            if not busy(os.getpid(), os.getpid()):
                self._host.ring()
        elif first is not None and first.wake is not None and first.wake <= now:
            first.grant()
            if isinstance(first, _Sleeper):
                self._dismiss(first)
        else:
            wake = None if first is None else first.wake
            self._park(min(moment for moment in (wake, alarm, now + _FAR) if moment is not None))

    def _park(self, until: int) -> None:
        self._parked = True
        try:
            self._host.park(until)
        finally:
            self._parked = False
            if self._interrupted is not None:
                self._host.gave_up()
                self._interrupted.release()

    # -- shells --------------------------------------------------------------------------------------------------

    def _hear(self, seconds: float | None) -> bool:
        """Whether there was any news within this time."""
        news = self._poller.poll(None if seconds is None else seconds * 1000)
        for fd, _ in news:
            if self._poke is not None and fd == self._poke[0]:
                os.read(fd, 4096)
            elif self._listener is not None and fd == self._listener.fileno():
                self._admit()
            elif fd in self._arrived:
                self._begin_sleep(fd)
            elif fd in self._sleepers:
                self._dismiss(self._sleepers[fd])  # it was ended
        return bool(news)

    def _admit(self) -> None:
        assert self._listener is not None
        with suppress(OSError):
            door, _ = self._listener.accept()
            self._arrived[door.fileno()] = door
            self._poller.register(door, select.POLLIN)

    def _begin_sleep(self, fd: int) -> None:
        door = self._arrived.pop(fd)
        said = b""
        with suppress(OSError):
            said = door.recv(4096)
        pid, *words = said.decode("utf-8", "replace").split() or ["0"]
        seconds = _seconds(words)
        wake = None
        if seconds is not None and isfinite(seconds * NS):
            wake = self._host.now + round(seconds * NS)
        sleeper = _Sleeper(door, int(pid) if pid.isdecimal() else 0, wake)
        self._sleepers[fd] = sleeper
        if seconds is None:
            sleeper.tell(b"pardon\n")
            self._dismiss(sleeper)

    def _dismiss(self, sleeper: _Sleeper) -> None:
        del self._sleepers[sleeper.door.fileno()]
        self._poller.unregister(sleeper.door)
        sleeper.door.close()


def _seconds(words: list[str]) -> float | None:
    """What ``sleep`` makes of its arguments; None: it would complain."""
    total = 0.0
    for word in words:
        number, unit = (word[:-1], word[-1]) if word[-1] in _UNITS else (word, "s")
        try:
            seconds = float(number) * _UNITS[unit]
        except ValueError:
            return None
        if not seconds >= 0:
            return None
        total += seconds
    return total if words else None
