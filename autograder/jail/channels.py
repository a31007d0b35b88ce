"""Waiting for a socket or a pipe in virtual time.

An answer takes real time and no virtual time. When control says that a stand-in has answered all that it is going to
answer, nobody will: then the wait is one for the clock, and its timeout costs next to nothing. Whoever else might
answer is waited for in real time.
"""

from __future__ import annotations

import os
import select
import selectors
import socket
import stat
from asyncio import selector_events
from collections.abc import Callable
from typing import Any

from autograder.jail.virtual import Clock, clock

__all__ = ["VirtualSelector", "install"]

_SOON = 0.02
"""Real seconds in which most answers come."""
_REQUESTS = 0
"""The descriptor of Airflow's own conversation with control, which always answers."""


def install() -> None:
    """Replace what programs wait with. Real until there is a clock."""
    original: Callable[..., None] = selector_events.BaseSelectorEventLoop.__init__

    def loop(self: Any, selector: Any = None) -> None:
        original(self, selector or VirtualSelector(own=1))

    selector_events.BaseSelectorEventLoop.__init__ = loop  # type: ignore[method-assign]
    for name in ("recv", "recv_into", "recvfrom", "recvfrom_into", "accept"):
        setattr(socket.socket, name, _waiting(getattr(socket.socket, name)))


class VirtualSelector(selectors.DefaultSelector):
    """Waits for files and for the clock, whichever is first.

    :param own: how many of its files serve the program to wake itself up.
    """

    def __init__(self, own: int = 0) -> None:
        super().__init__()
        self._own = own

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ours = clock()
        if ours is None or (timeout is not None and timeout <= 0):
            return super().select(timeout)
        if ready := super().select(0):
            return ready
        # An event loop wants to have slept at least as long as it asked.
        wake = None if timeout is None else (ours.after(timeout) or 0) + 1000
        foreign = False
        if len(self.get_map()) > self._own:
            if ready := super().select(_SOON):
                return ready
            foreign = not all(_settled(ours, key.fd) for key in self.get_map().values())
        ours.company.files(
            [(key.fd, _events(key.events)) for key in self.get_map().values()], wake, foreign=foreign
        )
        return super().select(0)


def _events(mask: int) -> int:
    return (select.POLLIN if mask & selectors.EVENT_READ else 0) | (
        select.POLLOUT if mask & selectors.EVENT_WRITE else 0
    )


def _waiting(original: Callable[..., Any]) -> Callable[..., Any]:
    """A method of a socket that waits for the other end."""

    def method(self: socket.socket, *args: Any, **kwargs: Any) -> Any:
        ours, timeout = clock(), self.gettimeout()
        if ours is None or timeout == 0 or _readable(self, 0):
            return original(self, *args, **kwargs)
        if self.fileno() == _REQUESTS:
            with ours.company.answered():
                return original(self, *args, **kwargs)
        if _readable(self, _SOON if timeout is None else min(timeout, _SOON)):
            return original(self, *args, **kwargs)
        wake = ours.after(timeout)
        if not _settled(ours, self.fileno()):
            try:
                return original(self, *args, **kwargs)
            except TimeoutError:
                if wake is not None:
                    ours.sleep_until(wake)
                raise
        ours.company.files([(self.fileno(), select.POLLIN)], wake)
        if not _readable(self, 0):
            raise TimeoutError("timed out")
        return original(self, *args, **kwargs)

    method.__name__, method.__doc__ = original.__name__, original.__doc__
    return method


def _readable(door: socket.socket, seconds: float) -> bool:
    if door.fileno() < 0:
        return True  # what is closed fails at once
    poller = select.poll()
    poller.register(door, select.POLLIN)
    return bool(poller.poll(seconds * 1000))


def _settled(ours: Clock, fd: int) -> bool:
    """Whether nobody will write to this any more before the clock moves."""
    try:
        if stat.S_ISFIFO(os.fstat(fd).st_mode):
            return True  # who writes there is one of us, or below us
        with socket.fromfd(fd, socket.AF_INET, socket.SOCK_STREAM) as door:
            peer = door.getpeername()
    except OSError:
        return False
    if isinstance(peer, tuple):
        return peer[0] == "127.0.0.1" and ours.settled(peer[1])
    return not peer  # both ends of a nameless pair are ours
