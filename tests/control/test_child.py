"""One child, served without a process: what ends it may come at any moment."""

from __future__ import annotations

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
