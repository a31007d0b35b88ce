"""One server for one work folder."""

from __future__ import annotations

import errno
import fcntl
import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.study import running
from autograder.study.running import Claim, Running, claim

THERE = Running("http://127.0.0.1:8888/", "secret", 4711, "ticket")


def test_the_first_may_serve_and_the_second_is_told_where(tmp_path: Path) -> None:
    with claim(tmp_path) as first:
        assert isinstance(first, Claim)
        first.announce(THERE)
        assert stat.S_IMODE((tmp_path / "server.json").stat().st_mode) == 0o600
        with claim(tmp_path) as second:
            assert second == THERE
    with claim(tmp_path) as third:
        assert isinstance(third, Claim)


def test_whoever_comes_while_a_server_ends_serves_after_it(tmp_path: Path) -> None:
    got: list[Claim | Running] = []

    def come() -> None:
        with claim(tmp_path) as right:
            got.append(right)

    with claim(tmp_path) as first:
        assert isinstance(first, Claim)
        first.announce(THERE)
        first.withdraw()
        second = threading.Thread(target=come)
        second.start()
        second.join(0.3)
        assert got == []
    second.join(10)
    assert [type(right) for right in got] == [Claim]


def test_what_a_killed_server_left_is_not_believed(tmp_path: Path) -> None:
    with claim(tmp_path) as first:
        assert isinstance(first, Claim)
        first.announce(THERE)
        left = (tmp_path / "server.json").read_bytes()
    (tmp_path / "server.json").write_bytes(left)
    with claim(tmp_path) as second:
        assert isinstance(second, Claim)


def test_a_server_that_never_says_where_it_is_is_not_waited_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_PATIENCE", 0.3)
    with claim(tmp_path), pytest.raises(TimeoutError), claim(tmp_path):
        pass


def test_a_home_that_knows_no_locks_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with claim(tmp_path) as first:
        assert isinstance(first, Claim)


def test_the_address_carries_the_token() -> None:
    assert THERE.address() == "http://127.0.0.1:8888/course/?token=secret"
    assert THERE.address("lab?reset") == "http://127.0.0.1:8888/lab?reset&token=secret"
    # One of the learner's own may hold anything.
    assert replace(THERE, token="a&b+c").address().endswith("?token=a%26b%2Bc")
    assert THERE.entry("lab") == "http://127.0.0.1:8888/study/enter/ticket/lab"
