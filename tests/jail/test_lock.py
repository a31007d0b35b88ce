"""The lock, closed as children's is: who they are then, what they may, and how far their limits are."""

from __future__ import annotations

import os
import resource
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.jail import kernel, landlock, lock, seccomp
from autograder.jail.lock import Lock
from autograder.jail.orders import Orders
from tests.jail.forks import SOMEBODY, inside, somebody, wrong

USER = SOMEBODY if os.geteuid() == 0 else None


@pytest.fixture
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="lock-", dir=Path("/tmp").resolve()) as name:
        for folder in ("", "work", "tmp", "dags", "beyond"):
            Path(name, folder).mkdir(exist_ok=True)
            Path(name, folder).chmod(0o777 if folder else 0o755)
        (Path(name) / "dags/dag.py").touch()
        yield Path(name)


def locked(
    place: Path, letter: str, work: Callable[[], Any], *, user: int | None = USER, **orders: Any
) -> Any:
    """What this returns behind the lock.

    :param user: whom it is done as, where we are root.
    """
    wanted = Orders(
        kind="task",
        **{"folder": f"{place}/dags", "cwd": f"{place}/work", "tmp": f"{place}/tmp", "now": 0, "start": 0}
        | orders,
    )

    def close() -> Any:
        filter_ = None if letter == "D" else seccomp.program(shared=True, owner=user is None)
        Lock(letter, None if letter == "D" else user, filter_, letter != "D", ["/usr"]).close(wanted, 1 << 20)
        return work()

    return inside(close)


def test_in_c_one_owns_nothing_and_reaches_nothing_else(place: Path) -> None:
    parent = os.getpid()

    def tried() -> dict[str, Any]:
        return {
            "user": os.getresuid(),
            "groups": os.getgroups(),
            "may": kernel.capabilities(),
            "promised": "NoNewPrivs:\t1" in Path("/proc/self/status").read_text(),
            "back": wrong(lambda: os.setuid(0)) if USER else "EPERM",
            "work": wrong((place / "work/new").touch),
            "tmp": wrong((place / "tmp/new").touch),
            "dag": wrong((place / "dags/dag.py").read_bytes),
            "dag is written": wrong((place / "dags/new").touch),
            "beyond": wrong(lambda: os.listdir(place / "beyond")),
            "settings": wrong(lambda: os.listdir("/etc")),
            "parent": wrong(lambda: os.kill(parent, 0)),
            "memory": wrong(lambda: os.open(f"/proc/{parent}/mem", os.O_RDONLY)),
        }

    said = locked(place, "C", tried)
    user = USER or os.geteuid()
    assert (said.pop("user"), said.pop("may"), said.pop("promised")) == ([user] * 3, 0, True)
    if USER:
        assert said["groups"] == []
    del said["groups"]
    if landlock.version() < landlock.SIGNALS:
        del said["parent"]
    assert [name for name, error in said.items() if error is None] == ["work", "tmp", "dag"]


def test_d_has_limits_and_no_new_privileges(place: Path) -> None:
    def tried() -> list[Any]:
        return [
            "NoNewPrivs:\t1" in Path("/proc/self/status").read_text(),
            resource.getrlimit(resource.RLIMIT_NPROC)[0],
        ]

    promised, processes = locked(place, "D", tried, processes=70)
    assert promised
    assert processes > 70  # all of the user's own count


def test_limits_are_those_that_were_ordered_and_cannot_be_raised(place: Path) -> None:
    def tried() -> list[Any]:
        names = ("DATA", "FSIZE", "CPU", "CORE")
        found = [resource.getrlimit(getattr(resource, f"RLIMIT_{name}")) for name in names]
        raised = []
        for name in names:
            number = getattr(resource, f"RLIMIT_{name}")
            hard = resource.getrlimit(number)[1]
            try:
                resource.setrlimit(number, (hard, hard + 1))
                raised.append(name)
            except ValueError:
                continue
        with open(place / "work/big", "wb", buffering=0) as file:
            large = wrong(lambda: [file.write(bytes(600)) for _ in range(3)])
        return [found, raised, large]

    found, raised, large = locked(place, "C", tried, memory=1 << 30, file=1000, cpu=20)
    assert found == [[(1 << 30) + (1 << 20)] * 2, [1000] * 2, [20, 22], [1, 1]]
    assert (raised, large) == ([], "EFBIG")


@pytest.mark.skipif(USER is None, reason="an ordinary user's other processes count as well")
def test_a_bomb_goes_off_in_a_small_room(place: Path) -> None:
    def session() -> list[Any]:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            children = []
            while len(children) < 200:
                try:
                    child = os.fork()
                except OSError:
                    break
                if child == 0:
                    os.close(write)
                    signal.signal(signal.SIGTERM, signal.SIG_DFL)
                    signal.pause()
                children.append(child)
            thread = wrong_thread()
            for child in children:
                os.kill(child, signal.SIGKILL)
            os.write(write, f"{len(children)} {thread}".encode())
            os._exit(0)
        os.close(write)
        with open(read) as said:
            number, thread = said.read().split()
        os.waitpid(pid, 0)
        return [int(number), thread]

    # Of a user whom this file's other tests were, some may not be buried yet; they would count.
    number, thread = locked(place, "C", session, user=somebody(), processes=20)
    assert (number, thread) == (18, "True")


def wrong_thread() -> bool:
    """Whether no thread can be started either."""
    try:
        threading.Thread(target=lambda: None).start()
    except RuntimeError:
        return True
    return False


def test_processes_of_the_user_are_counted_with_their_threads() -> None:
    def count() -> list[int | None]:
        before = lock._taken()
        pids = []
        for _ in range(5):
            pid = os.fork()
            if pid == 0:
                signal.pause()
            pids.append(pid)
        after = lock._taken()
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        return [before, after]

    before, after = inside(count, user=SOMEBODY)
    assert before is not None
    assert after is not None
    # Others come and go meanwhile.
    assert -20 < after - before - 5 < 20
    assert before > 1
