"""Those who wait side by side in one process."""

from __future__ import annotations

import _thread
import os
import sys
import threading
import time
from typing import Any

import pytest

from autograder.jail import tree
from autograder.jail.company import KEEPER, Company, _Wait
from tests.jail.forks import inside


class Sleeper:
    """A host whose clock goes where the keeper wants it."""

    now, alarm, occupied = 0, None, False

    def park(self, until: int) -> None:
        self.now = until

    def ring(self) -> None: ...

    def gave_up(self) -> None: ...

    def interrupt(self) -> None: ...


def kept() -> bool:
    return KEEPER in tree.threads(os.getpid()).values()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells this of processes")
def test_when_nobody_waits_the_keeper_goes_and_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.jail.company.has_children", lambda: False)
    host = Sleeper()
    company = Company(host)
    for hours in (1, 2):
        company.sleep(hours)
        assert host.now == hours
        assert kept()
        company.rest()
        until = time.monotonic() + 5
        while kept() and time.monotonic() < until:
            time.sleep(0.001)
        assert not kept()
    company.forget()


def test_whoever_begins_to_wait_while_the_keeper_goes_is_not_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("autograder.jail.company.has_children", lambda: False)
    woken = threading.Event()

    class Surprised(Company):
        def _wake_keeper(self) -> None:
            if self._dismissed is not None and not woken.is_set():
                self._waits[0] = _Wait(5, woken.is_set, woken.set)
            super()._wake_keeper()

    host = Sleeper()
    company = Surprised(host)
    company.sleep(1)
    company.rest()
    assert woken.wait(5)
    assert host.now == 5
    company._waits.clear()
    company.rest()
    company.forget()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells this of processes")
def test_an_alarm_goes_off_when_the_main_thread_is_in_its_wait_and_not_before() -> None:
    """A process that was stopped is on its way back into its waits when it may go on, and the alarm is due."""

    class Due(Sleeper):
        alarm, rung = 0, 0

        def ring(self) -> None:
            self.rung += 1

    def tried() -> list[int]:
        host, asleep = Due(), _thread.allocate_lock()
        company = Company(host)
        company._advance()
        early = host.rung
        asleep.acquire()

        def others() -> None:
            while not host.rung:
                company._advance()
            asleep.release()

        threading.Thread(target=others).start()
        asleep.acquire()
        return [early, host.rung]

    assert inside(tried) == [0, 1]


def test_threads_that_begin_to_wait_at_once_have_one_keeper(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = []
    pipe = os.pipe

    class Counted(Company):
        def _keep(self) -> None:
            kept.append(threading.get_native_id())

    def slow() -> Any:
        time.sleep(0.05)
        return pipe()

    monkeypatch.setattr(os, "pipe", slow)
    company = Counted(None)  # type: ignore[arg-type]
    threads = [threading.Thread(target=company._start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until = time.monotonic() + 5
    while not kept and time.monotonic() < until:
        time.sleep(0.001)
    assert len(kept) == 1
    company.forget()
