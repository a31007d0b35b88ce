"""One child's doors: the sockets at which the stand-ins wait for it, made in the network that the child will be in.

A socket stays in the network it was made in. So whoever locks a child up makes them inside and hands them out to
control, which listens there although it can reach nothing else of that network. Standard library only.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import random
import socket
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["BUFFER", "HOST", "Doors", "open_doors", "open_elsewhere", "port_of"]

HOST = "127.0.0.1"

_BELOW = range(20_000, 32_000)

BACKLOG = 128

BUFFER = 1 << 20
"""Bytes of metrics that we ask the kernel to hold for us; it gives what it allows."""


@dataclass(frozen=True, slots=True)
class Doors:
    """All of them are bound and do not block; their ports are the kernel's choice."""

    smtp: socket.socket
    slack: socket.socket
    leases: socket.socket
    monitoring: socket.socket
    """These four listen."""
    metrics: socket.socket
    """UDP."""
    closed_tcp: socket.socket
    """Its port is taken, but nobody listens: connections are refused."""
    closed_udp: socket.socket
    """Connected to itself: what others send is refused."""

    @property
    def sockets(self) -> tuple[socket.socket, ...]:
        """All of them, in the order of the fields, to be handed to another process."""
        return tuple(getattr(self, name) for name in _NAMES)

    @classmethod
    def of(cls, sockets: Iterable[socket.socket]) -> Doors:
        """The doors whose ``sockets`` these are; from now on they belong to the doors.

        :raises ValueError: when their number or a kind is wrong.
        """
        given = tuple(sockets)
        kinds = tuple(socket.SOCK_DGRAM if name in _UDP else socket.SOCK_STREAM for name in _NAMES)
        if tuple(door.type for door in given) != kinds:
            found = ", ".join(door.type.name for door in given) or "none"
            raise ValueError(f"The doors of a child are {', '.join(_NAMES)}; these sockets are not: {found}.")
        for door in given:
            # What came from another process does not know of itself that it does not block.
            door.setblocking(False)
        return cls(*given)

    def close(self) -> None:
        for door in self.sockets:
            door.close()


def open_doors() -> Doors:
    """Make a child's doors on the loopback of the network that this process is in.

    :raises OSError: when there is no loopback, or no descriptor or port left.
    """
    with contextlib.ExitStack() as made:
        sockets = [
            made.enter_context(
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM if name in _UDP else socket.SOCK_STREAM)
            )
            for name in _NAMES
        ]
        for door in sockets:
            # Never with SO_REUSEADDR or SO_REUSEPORT: no other process may take these ports beside us.
            door.bind((HOST, 0))
        doors = Doors.of(sockets)
        for door in (doors.smtp, doors.slack, doors.leases, doors.monitoring):
            door.listen(BACKLOG)
        doors.metrics.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        doors.closed_udp.connect(doors.closed_udp.getsockname())
        made.pop_all()
    return doors


def open_elsewhere() -> socket.socket:
    """A listening socket on a port that no child's door has, in whatever network that is.

    A network of its own gives a child the same numbers as we have, so a door there could be taken for this one here:
    the kernel chooses from 32768 on, and this stays below.

    :raises OSError: when no port is left.
    """
    for port in random.SystemRandom().sample(_BELOW, 100):
        with contextlib.suppress(OSError):
            return socket.create_server((HOST, port))
    raise OSError(
        errno.EADDRINUSE, f"of a hundred ports from {_BELOW.start} to {_BELOW.stop - 1} none is free"
    )


def port_of(door: socket.socket) -> int:
    """The port that it is bound to."""
    port: int = door.getsockname()[1]
    return port


_NAMES = tuple(field.name for field in dataclasses.fields(Doors))
_UDP = {"metrics", "closed_udp"}
