"""Control's end of the door: descriptors in order, several messages at once, and a parent that is no more."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator

import pytest

from autograder.control.parent import Door, LayerRefused, ParentGone
from autograder.jail.doors import open_doors, port_of
from autograder.jail.orders import Orders

ORDERS = Orders(kind="task", folder="/f", cwd="/c", tmp="/t", now=0, start=0)


class Parent:
    """What a warm parent would say, word by word."""

    def __init__(self) -> None:
        ours, self.line = socket.socketpair()
        self.door = Door(ours)

    def say(self, *messages: dict[str, object], descriptors: list[int] = []) -> None:  # noqa: B006
        first, *rest = [
            json.dumps({"descriptors": len(descriptors) if at == 0 else 0} | message).encode() + b"\n"
            for at, message in enumerate(messages)
        ]
        data = b"".join([first, *rest])
        socket.send_fds(self.line, [data], descriptors) if descriptors else self.line.sendall(data)

    def heard(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.line.recv(1 << 16).splitlines()]


@pytest.fixture
def parent() -> Iterator[Parent]:
    parent = Parent()
    yield parent
    parent.door.socket.close()
    parent.line.close()


def held(pid: int = 0) -> int:
    return os.pidfd_open(pid or os.getpid())


def test_the_layer_is_known_when_the_parent_is_ready(parent: Parent) -> None:
    layer = {"letter": "C", "active": ["x"], "missing": {"y": "z"}}
    parent.say({"ready": 7, "layer": layer, "below": [8], "user": 61234})
    parent.door.wait_ready()
    assert (parent.door.layer.letter, parent.door.layer.missing) == ("C", {"y": "z"})
    assert (parent.door.below, parent.door.own, parent.door.user) == ([7, 8], {8}, 61234)


def test_a_layer_that_cannot_be_had_is_refused_with_a_sentence(parent: Parent) -> None:
    parent.say({"refused": "Layer B of the jail cannot be had here."})
    with pytest.raises(LayerRefused, match="Layer B of the jail cannot be had here"):
        parent.door.wait_ready()


def test_several_messages_at_once_and_one_in_pieces(parent: Parent) -> None:
    parent.say(
        {"started": 5}, {"exited": 5, "status": 256, "cpu": 0.5}, {"exited": 6, "status": 9, "cpu": 0.25}
    )
    assert parent.door.start(ORDERS, []) == 5
    assert [parent.door.exit_code(pid) for pid in (5, 6, 7)] == [1, -9, None]
    assert parent.door.exit_code(5) is None  # told once
    assert parent.door.spent == 0.75
    line = json.dumps({"exited": 7, "status": 0, "cpu": 0, "descriptors": 0}).encode() + b"\n"
    for piece in (line[:10], line[10:]):
        parent.line.sendall(piece)
        assert parent.door.exit_code(7) is None
        parent.door.listen()
    assert parent.door.exit_code(7) == 0


def test_an_end_that_nobody_waited_for_is_not_taken_for_anothers(parent: Parent) -> None:
    parent.say({"exited": 5, "status": 9, "cpu": 0}, {"swept": True, "doubt": ""})
    parent.door.sweep()
    assert parent.door.exit_code(5) is None


def test_descriptors_belong_to_the_message_that_they_came_with(parent: Parent) -> None:
    doors = open_doors()
    numbers = [door.fileno() for door in doors.sockets]
    # Somebody's end is told before the answer, in the same breath, and has none.
    told = [
        {"exited": 3, "status": 0, "cpu": 0, "descriptors": 0},
        {"cell": True, "keeper": 42, "descriptors": 8},
    ]
    keeper = held()
    data = b"".join(json.dumps(message).encode() + b"\n" for message in told)
    socket.send_fds(parent.line, [data], [keeper, *numbers])
    arrived = parent.door.cell()
    assert [port_of(door) for door in arrived.sockets] == [port_of(door) for door in doors.sockets]
    assert 42 in parent.door.own
    assert parent.door.exit_code(3) == 0
    arrived.close()
    doors.close()
    os.close(keeper)


def test_orders_go_with_their_descriptors_in_order(parent: Parent) -> None:
    pipes = [os.pipe() for _ in range(5)]
    parent.say({"started": 9})
    parent.door.start(ORDERS, [write for _, write in pipes])
    data, descriptors, _, _ = socket.recv_fds(parent.line, 1 << 16, 5)
    assert json.loads(data)["cwd"] == "/c"
    for number, (descriptor, (read, _)) in enumerate(zip(descriptors, pipes, strict=True)):
        os.write(descriptor, str(number).encode())
        assert os.read(read, 10) == str(number).encode()
    for each in (*descriptors, *(end for pipe in pipes for end in pipe)):
        os.close(each)


def test_what_the_parent_could_not_do_is_said(parent: Parent) -> None:
    parent.say({"failed": "the jail: no cell: mount /tmp: Permission denied"})
    with pytest.raises(ParentGone, match="could not: the jail: no cell: mount /tmp"):
        parent.door.room(1, 1)


def test_a_parent_that_is_killed_is_gone_whatever_is_asked_next() -> None:
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        while True:
            signal.pause()
    theirs.close()
    door = Door(ours)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    with pytest.raises(ParentGone, match=r"the warm parent has ended|takes no orders"):
        door.listen()
    for ask in (lambda: door.room(1, 1), door.cell, lambda: door.start(ORDERS, [0]), door.sweep):
        with pytest.raises(ParentGone):
            ask()
    ours.close()


def test_a_child_with_a_cell_ends_with_its_keeper_and_the_descriptor_goes(parent: Parent) -> None:
    keeper = os.fork()
    if keeper == 0:
        while True:
            signal.pause()
    handle, doors = held(keeper), open_doors()
    numbers = [handle, *(door.fileno() for door in doors.sockets)]
    parent.say({"cell": True, "keeper": keeper}, descriptors=numbers)
    arrived = parent.door.cell()
    child = os.fork()
    if child == 0:
        while True:
            signal.pause()
    parent.say({"started": child})
    parent.door.start(ORDERS, [])
    before = {*os.listdir("/proc/self/fd")}
    parent.door.kill(child)
    assert os.waitstatus_to_exitcode(os.waitpid(keeper, 0)[1]) == -signal.SIGKILL
    parent.say({"exited": child, "status": 9, "cpu": 0})
    parent.door.listen()
    assert parent.door.exit_code(child) == -9
    assert len(before - {*os.listdir("/proc/self/fd")}) == 1
    assert keeper not in parent.door.own
    os.close(handle)
    for each in (arrived, doors):
        each.close()
    try:
        os.kill(child, signal.SIGKILL)
    finally:
        os.waitpid(child, 0)
