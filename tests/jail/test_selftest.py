"""The self-test tells a jail that holds from one that does not: without a jail all that it tries succeeds."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from autograder.jail import selftest
from autograder.jail.doors import port_of
from tests.jail.forks import inside


def test_without_a_jail_everything_is_open(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("for nobody in a jail")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        canary = {"files": [str(secret), str(tmp_path)], "port": port_of(listener), "pid": os.getpid()}
        found = inside(lambda: selftest.run(canary, filtered=False))
    held = {selftest.CAPABILITIES} if os.geteuid() else set()
    if not _may_read_us():
        held |= {selftest.MEMORY}
    assert {name for name, holds in found.items() if holds} == held


def test_what_is_not_there_cannot_be_reached(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = port_of(listener)
    canary = {"files": [str(tmp_path / "nothing")], "port": port, "pid": 1 << 22}
    found = inside(lambda: selftest.run(canary, filtered=False))
    assert found[selftest.FILES]
    assert found[selftest.LOOPBACK]
    assert found[selftest.SIGNALS]
    assert found[selftest.MEMORY]
    assert not found[selftest.NAMESPACES], "who filters no calls does not try it, and does not claim it"


def test_one_file_of_several_is_enough(tmp_path: Path) -> None:
    canary = {"files": [str(tmp_path / "nothing"), str(tmp_path)], "port": 1, "pid": 1 << 22}
    assert not inside(lambda: selftest.run(canary, filtered=False))[selftest.FILES]


def _may_read_us() -> bool:
    """Whether this system lets a child read its parent's memory (Yama may forbid that to ordinary users)."""
    me = os.getpid()

    def read() -> bool:
        try:
            os.close(os.open(f"/proc/{me}/mem", os.O_RDONLY))
        except OSError:
            return False
        return True

    return bool(inside(read))
