"""A child's doors: what is open, what is closed, and that nobody else can stand there."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from autograder.jail.doors import Doors, open_doors, open_elsewhere, port_of


@pytest.fixture
def doors() -> Iterator[Doors]:
    doors = open_doors()
    yield doors
    doors.close()


def test_four_doors_listen_and_one_takes_datagrams(doors):
    for door in (doors.smtp, doors.slack, doors.leases, doors.monitoring):
        with socket.create_connection(door.getsockname(), timeout=5):
            connection, _ = door.accept()
            connection.close()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"a:1|c", doors.metrics.getsockname())
    assert doors.metrics.recv(100) == b"a:1|c"


def test_the_closed_doors_refuse(doors):
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(doors.closed_tcp.getsockname(), timeout=5)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(doors.closed_udp.getsockname())
        sender.send(b"a:1|c")
        with pytest.raises(ConnectionRefusedError):
            sender.send(b"a:1|c")


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
@pytest.mark.parametrize("option", [None, socket.SO_REUSEADDR, socket.SO_REUSEPORT])
def test_nobody_else_can_stand_at_a_door(doors, host, option):
    for door in doors.sockets:
        with socket.socket(socket.AF_INET, door.type) as rival:
            if option is not None:
                rival.setsockopt(socket.SOL_SOCKET, option, 1)
            with pytest.raises(OSError, match="in use"):
                rival.bind((host, port_of(door)))


def test_doors_survive_the_journey_to_another_process(doors):
    here, there = socket.socketpair()
    with here, there:
        socket.send_fds(here, [b"doors"], [door.fileno() for door in doors.sockets])
        _, descriptors, _, _ = socket.recv_fds(there, 10, len(doors.sockets))
    arrived = Doors.of(socket.socket(fileno=descriptor) for descriptor in descriptors)
    try:
        assert [port_of(door) for door in arrived.sockets] == [port_of(door) for door in doors.sockets]
        with pytest.raises(BlockingIOError):
            arrived.smtp.accept()
    finally:
        arrived.close()


def test_other_sockets_are_no_doors(doors):
    with pytest.raises(ValueError, match="these sockets are not: none"):
        Doors.of([])
    with pytest.raises(ValueError, match="these sockets are not: SOCK_DGRAM"):
        Doors.of(reversed(doors.sockets))


def test_who_listens_elsewhere_has_a_port_that_no_door_has_in_any_network(doors):
    with open_elsewhere() as listener:
        assert port_of(listener) < 32_768 <= min(port_of(door) for door in doors.sockets)
        with socket.create_connection(listener.getsockname(), timeout=5):
            pass
