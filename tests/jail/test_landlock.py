"""Landlock, and what older versions of it leave open: a kernel's word is what it is, less is taken of it."""

from __future__ import annotations

import os
import signal
import socket
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.jail import kernel, landlock
from tests.jail.forks import SOMEBODY, become, inside, wrong

HAVE = landlock.version()


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder for anybody, with a file to read, one to write, and one beyond."""
    # Not below pytest's own folders, which nobody else may enter.
    with tempfile.TemporaryDirectory(prefix="landlock-") as name:
        folder = Path(name)
        for below in ("read", "written", "beyond"):
            (folder / below).mkdir()
            (folder / below / "file").write_text("full")
            (folder / below / "file").chmod(0o666)
            (folder / below).chmod(0o777)
        folder.chmod(0o755)
        yield folder


def restricted(version: int, place: Any, ports: list[int] | None, work: Callable[[], Any]) -> Any:
    """What this returns where Landlock is of this version, or older."""

    def under() -> Any:
        landlock.version = lambda: min(version, HAVE)  # type: ignore[assignment]
        kernel.forbid_privileges()
        landlock.restrict([f"{place}/read", "/proc"], [f"{place}/written", "/nowhere"], ports)
        return work()

    return inside(under, user=SOMEBODY)


@pytest.mark.parametrize("version", range(1, HAVE + 1))
def test_no_socket_gets_a_name_where_files_may_be_written(place: Path, version: int) -> None:
    def named() -> list[str | None]:
        name = f"{place}/written/socket"
        with socket.socket(socket.AF_UNIX) as server:
            return [
                wrong(lambda: server.bind(name)),
                wrong(lambda: os.mknod(name, stat.S_IFSOCK | 0o600)),
                wrong(lambda: os.mkfifo(f"{place}/written/pipe")),
            ]

    assert restricted(version, place, None, named) == ["EACCES", "EACCES", None]


def paused(user: int | None = None) -> int:
    """A process that does nothing until it is ended."""
    ready, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        if user is not None:
            become(user)
        os.write(go, b"x")
        while True:
            signal.pause()
    os.read(ready, 1)
    os.close(ready)
    os.close(go)
    return pid


def write(path: str) -> Callable[[], object]:
    return lambda: os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))


def read(path: str) -> Callable[[], object]:
    return lambda: os.close(os.open(path, os.O_RDONLY))


@pytest.mark.parametrize("version", range(1, HAVE + 1))
def test_what_is_read_what_is_written_and_nothing_beyond(place: Any, version: int) -> None:
    def tried() -> dict[str, str | None]:
        return {
            "read": wrong(read(f"{place}/read/file")),
            "listed": wrong(lambda: os.listdir(f"{place}/read")),
            "overwritten": wrong(write(f"{place}/read/file")),
            "removed": wrong(lambda: os.unlink(f"{place}/read/file")),
            "emptied": wrong(lambda: os.truncate(f"{place}/read/file", 0)),
            "made": wrong(lambda: os.mkdir(f"{place}/read/folder")),
            "written": wrong(write(f"{place}/written/new")),
            "removed there": wrong(lambda: os.unlink(f"{place}/written/new")),
            "beyond": wrong(read(f"{place}/beyond/file")),
            "listed beyond": wrong(lambda: os.listdir(f"{place}/beyond")),
            "written beyond": wrong(write(f"{place}/beyond/new")),
            "above": wrong(lambda: os.listdir(place)),
            "linked out": wrong(lambda: os.link(f"{place}/written/file", f"{place}/beyond/link")),
            "moved in": wrong(lambda: os.rename(f"{place}/beyond/file", f"{place}/written/mine")),
        }

    said = restricted(version, place, None, tried)
    assert [name for name, error in said.items() if error is None] == (
        ["read", "listed", "written", "removed there"]
        if version >= landlock.TRUNCATION
        else ["read", "listed", "emptied", "written", "removed there"]
    )


@pytest.mark.parametrize("version", range(1, HAVE + 1))
def test_connections_go_to_the_ports_that_are_named_from_version_4_on(place: Any, version: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:

        def tried() -> list[str | None]:
            to = [
                wrong(lambda door=door: socket.create_connection(door.getsockname())) for door in (one, other)
            ]  # type: ignore[misc]
            return [*to, wrong(lambda: socket.create_server(("127.0.0.1", 0)))]

        said = restricted(version, place, [one.getsockname()[1]], tried)
        assert said == ([None, "EACCES", "EACCES"] if version >= landlock.NETWORK else [None] * 3)
        assert restricted(version, place, None, tried) == [None] * 3


@pytest.mark.parametrize("version", range(1, HAVE + 1))
def test_signals_and_abstract_sockets_stay_inside_from_version_6_on(place: Any, version: int) -> None:
    outside = paused(SOMEBODY)
    name = f"\0landlock-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()

        def tried() -> list[str | None]:
            child = paused()
            to = [
                wrong(lambda: os.kill(outside, 0)),
                wrong(lambda: socket.socket(socket.AF_UNIX).connect(name)),
                wrong(lambda: os.kill(child, signal.SIGKILL)),
            ]
            os.waitpid(child, 0)
            return to

        said = restricted(version, place, None, tried)
    os.kill(outside, signal.SIGKILL)
    os.waitpid(outside, 0)
    assert said == (["EPERM", "EPERM", None] if version >= landlock.SIGNALS else [None] * 3)


def test_other_processes_are_not_looked_into() -> None:
    def both() -> list[str | None]:
        kernel.dumpable(True)
        brother = paused()
        try:
            free = wrong(read(f"/proc/{brother}/environ"))
            own = os.fork()
            if own == 0:
                kernel.forbid_privileges()
                landlock.restrict(["/proc"], [], None)
                os._exit(int(wrong(read(f"/proc/{brother}/environ")) == "EACCES"))
            return [free, "closed" if os.waitpid(own, 0)[1] == 1 << 8 else "open"]
        finally:
            os.kill(brother, signal.SIGKILL)
            os.waitpid(brother, 0)

    assert inside(both, user=SOMEBODY) == [None, "closed"]


def test_without_landlock_nothing_is_pretended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 0)
    with pytest.raises(OSError, match="this kernel has no Landlock"):
        landlock.restrict([], [], None)
