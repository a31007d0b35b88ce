"""What was sent and has not arrived."""

from __future__ import annotations

import os
import socket
import sys
import time
from contextlib import suppress

import pytest

from autograder.control import outstanding

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")


@pytest.fixture
def pair() -> tuple[socket.socket, socket.socket, int]:
    door = socket.create_server(("127.0.0.1", 0))
    port = door.getsockname()[1]
    ours = socket.create_connection(("127.0.0.1", port))
    theirs, _ = door.accept()
    door.close()
    return ours, theirs, port


def test_what_the_kernel_holds_back_is_waited_for(pair: tuple[socket.socket, socket.socket, int]) -> None:
    ours, theirs, port = pair
    ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    ours.send(b"later")
    theirs.setblocking(False)
    with pytest.raises(BlockingIOError):
        theirs.recv(10)
    assert outstanding.unsent(os.getpid(), {port}) == 0
    assert theirs.recv(10) == b"later"
    ours.close()
    theirs.close()


def test_what_does_not_arrive_in_time_is_counted_and_only_at_these_ports(
    pair: tuple[socket.socket, socket.socket, int],
) -> None:
    ours, theirs, port = pair
    ours.setblocking(False)
    # Nobody reads, so at some time nothing more fits.
    with suppress(BlockingIOError):
        while True:
            ours.send(bytes(1 << 16))
    assert outstanding.unsent(os.getpid(), {port}) == 1
    began = time.monotonic()
    assert outstanding.unsent(os.getpid(), {port + 1}) == 0
    assert time.monotonic() - began < 0.2, "there was nothing to wait for"
    ours.close()
    theirs.close()
