"""One child, served without a process: what ends it may come at any moment."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest

from autograder.control.child import Child
from autograder.control.wall import WallReached
from autograder.control.wire import Allowance, Request
from autograder.evidence import Channel
from autograder.jail.orders import Orders
from tests.fuzz.door import FalseDoor, Script


class Interrupted:
    """Hears the first line when the wall is reached."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def request(self, child: Child, request: Request) -> bytes:
        return b""

    def line(self, child: Child, channel: Channel, line: bytes) -> None:
        self.lines.append(line)
        if len(self.lines) == 1:
            raise WallReached

    def said(self, child: Child, words: list[Any]) -> None:
        pass

    def settled(self, child: Child, port: int) -> bool:
        return False


def test_a_wall_that_is_reached_amid_the_end_of_a_child_lets_it_be_buried() -> None:
    door, listener = FalseDoor(), Interrupted()
    door.begin(lambda orders, number: Script([("stdout", b"without a line end")]))
    orders = Orders(kind="task", folder="/dags", cwd="/work", tmp="/tmp", now=0, start=0)
    child = Child(door, orders, listener, 1, frames=10, allowance=Allowance(1000))  # type: ignore[arg-type]
    until = time.monotonic() + 10
    with pytest.raises(WallReached):
        child.run(lambda: until, 0)
    child.run(lambda: until, 0)
    assert child.ended
    assert listener.lines == [b"without a line end"]
    child.close()
    door.close()


class Chapter(Interrupted):
    def line(self, child: Child, channel: Channel, line: bytes) -> None:
        self.lines.append(line)


def test_a_line_of_which_half_is_there_does_not_become_one_of_the_next_chapter() -> None:
    door, listener = FalseDoor(), Chapter()
    door.begin(lambda orders, number: Script())
    orders = Orders(kind="task", folder="/dags", cwd="/work", tmp="/tmp", now=0, start=0)
    child = Child(door, orders, listener, 1, frames=10, allowance=Allowance(1000))  # type: ignore[arg-type]
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    child._logs["log"] = ours
    theirs.send(b'0 0 {"event": "half"')
    child.end_chapter()
    assert listener.lines == [b'{"event": "half"']
    theirs.send(b"}\n")
    child.drain_logs()
    assert listener.lines[1:] == [b"}"]
    child.close()
    theirs.close()
    door.close()


def test_lines_behind_descriptors_are_read_with_the_others() -> None:
    door, listener = FalseDoor(), Chapter()
    door.begin(lambda orders, number: Script())
    orders = Orders(kind="task", folder="/dags", cwd="/work", tmp="/tmp", now=0, start=0)
    child = Child(door, orders, listener, 1, frames=10, allowance=Allowance(1000))  # type: ignore[arg-type]
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    child._logs["stdout"] = ours
    for number in range(5):
        socket.send_fds(theirs, [b"%d\n" % number], [theirs.fileno()])
    child.drain_logs()
    assert listener.lines == [b"0", b"1", b"2", b"3", b"4"]
    child.close()
    theirs.close()
    door.close()
