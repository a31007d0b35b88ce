"""One of a child's listening sockets: whoever connects gets a protocol of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable

__all__ = ["Listener"]

log = logging.getLogger(__name__)

AT_ONCE = 32
"""Connections taken before others get their turn."""

BREATHER = 1.0
"""Seconds in which nobody is taken in after the kernel had no descriptor left."""


class Listener:
    """Lighter than asyncio's own server: a child has several, most of which nobody ever asks.

    :param door: listens, and does not block. Whoever made it closes it.
    :param make: the protocol of one more connection; None: it is closed at once.
    """

    def __init__(self, door: socket.socket, make: Callable[[], asyncio.BaseProtocol | None]) -> None:
        self._door = door
        self._make = make
        self._loop = asyncio.get_running_loop()
        self._breather: asyncio.TimerHandle | None = None
        self._entering: set[asyncio.Task[None]] = set()
        self._listen()

    def stop(self) -> None:
        """Take nobody in any more."""
        self._loop.remove_reader(self._door)
        if self._breather is not None:
            self._breather.cancel()

    def _listen(self) -> None:
        self._loop.add_reader(self._door, self._accept)

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                connection, _ = self._door.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                log.warning("A stand-in takes nobody in for a moment: %s", error)
                self._loop.remove_reader(self._door)
                self._breather = self._loop.call_later(BREATHER, self._listen)
                return
            protocol = self._make()
            if protocol is None:
                connection.close()
                continue
            entering = self._loop.create_task(self._enter(connection, protocol))
            # The loop itself keeps no hold of its tasks.
            self._entering.add(entering)
            entering.add_done_callback(self._entering.discard)

    async def _enter(self, connection: socket.socket, protocol: asyncio.BaseProtocol) -> None:
        # Who has gone by now is nobody's loss.
        with contextlib.suppress(OSError):
            # Else the second line of an answer waits for the kernel, while we say that all is answered. asyncio sees to
            # it only where a socket knows its protocol by name.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._loop.connect_accepted_socket(lambda: protocol, connection)
