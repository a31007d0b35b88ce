"""Where processes have no namespace: nobody is left, whoever forks, ends at once, or lets himself be orphaned."""

from __future__ import annotations

import ctypes
import os
import resource
import select
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from autograder.jail import kernel, sweep
from autograder.jail.tree import descendants
from tests.jail.forks import SOMEBODY, become, inside, somebody

MOST = 60


def orphans(start: Callable[[], None], spared: bool = False) -> list[object]:
    """In a fork that orphans come to: start this, sweep, and say how many were ended and who is left."""
    # Whoever another test's bomb has left unburied would count as theirs.
    user = somebody()

    def work() -> list[object]:
        kernel.subreaper(True)
        brother = os.fork()
        if brother == 0:
            while True:
                signal.pause()
        learner = os.fork()
        if learner == 0:
            become(user)
            os.setsid()
            resource.setrlimit(resource.RLIMIT_NPROC, (MOST, MOST))
            start()
            os._exit(0)
        time.sleep(0.1)
        ended = sweep.end_below([brother] if spared else [])
        left = [*descendants(os.getpid())]
        is_brother = left == [brother]
        os.kill(brother, signal.SIGKILL)
        for _ in range(ended + 1):
            try:
                os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
        return [ended, is_brother, len(left)]

    return list(inside(work))


def bomb() -> None:
    while True:
        try:
            os.fork()
        except OSError:
            time.sleep(0.001)


def chain() -> None:
    """One that forks and ends at once, for ever: as a rule nobody sees it alive."""
    while True:
        try:
            if os.fork():
                os._exit(0)
        except OSError:
            time.sleep(0.001)


def daemon() -> None:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            while True:
                signal.pause()


def hollow() -> None:
    """One whose first thread has ended: it looks as if it had ended itself."""
    if os.fork() == 0:
        threading.Thread(target=signal.pause).start()
        ctypes.CDLL(None).pthread_exit(None)


@pytest.mark.parametrize("start", [bomb, chain, daemon, hollow])
def test_nobody_is_left(start: Callable[[], None]) -> None:
    ended, _, left = orphans(start)
    assert left == 0
    # The brother, and whoever was alive: of a bomb as many as there may be, of a chain the last, if any.
    assert isinstance(ended, int)
    assert {"bomb": 3, "chain": 1, "daemon": 2, "hollow": 2}[start.__name__] <= ended <= MOST + 2


@pytest.mark.parametrize("start", [bomb, daemon])
def test_brothers_are_spared(start: Callable[[], None]) -> None:
    ended, brother_is_left, left = orphans(start, spared=True)
    assert (brother_is_left, left) == (True, 1)
    assert ended


def test_nobody_below_is_nobody_ended() -> None:
    assert inside(sweep.end_below) == 0


def test_a_number_that_a_stranger_has_by_now_is_left_alone() -> None:
    stranger = os.fork()
    if stranger == 0:
        while True:
            signal.pause()
    try:

        def work() -> bool:
            sweep._send({stranger}, signal.SIGKILL, {os.getpid()})
            return True

        assert inside(work)
        assert os.waitpid(stranger, os.WNOHANG) == (0, 0)
    finally:
        os.kill(stranger, signal.SIGKILL)
        os.waitpid(stranger, 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root ends all processes of another user")
def test_all_processes_of_a_user_end_wherever_they_are() -> None:
    pids = []
    for user in (SOMEBODY, SOMEBODY, somebody()):
        ready, go = os.pipe()
        pid = os.fork()
        if pid == 0:
            become(user)
            os.write(go, b"x")
            while True:
                signal.pause()
        os.read(ready, 1)
        pids.append(pid)
    sweep.end_those_of(SOMEBODY)
    ends = [os.waitpid(pid, 0)[1] for pid in pids[:2]]
    other = os.waitpid(pids[2], os.WNOHANG)
    os.kill(pids[2], signal.SIGKILL)
    os.waitpid(pids[2], 0)
    assert (ends, other) == ([signal.SIGKILL] * 2, (0, 0))


def test_whoever_is_below_stands_still_and_goes_on() -> None:
    ticks, tick = os.pipe()
    os.set_blocking(ticks, False)
    top = os.fork()
    if top == 0:
        if os.fork() == 0:
            os.fork()
            while True:
                os.write(tick, b".")
                time.sleep(0.001)
        while True:
            signal.pause()

    def ticks_within(seconds: float) -> bool:
        with suppress(BlockingIOError):
            os.read(ticks, 1 << 16)
        return bool(select.select([ticks], [], [], seconds)[0])

    try:
        until = time.monotonic() + 5
        while len(descendants(top)) < 2 and time.monotonic() < until:
            time.sleep(0.001)
        assert ticks_within(5)
        sweep.stop_below([top])
        assert not ticks_within(0.1)
        sweep.continue_below([top])
        assert ticks_within(5)
    finally:
        for pid in [*descendants(top), top]:
            os.kill(pid, signal.SIGKILL)
        os.waitpid(top, 0)
        os.close(ticks)
        os.close(tick)
