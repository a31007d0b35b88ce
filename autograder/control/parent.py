"""Control's end of the door to its warm parent: starting children and hearing of their end."""

from __future__ import annotations

import json
import os
import socket
import sys
from dataclasses import asdict
from pathlib import Path
from subprocess import DEVNULL, Popen

from autograder.airflow33 import environ
from autograder.jail.orders import Orders

__all__ = ["Door", "ParentGone", "execute"]

_MESSAGE = 1 << 16


class ParentGone(Exception):
    """The warm parent is not there any more; nothing can be run through it."""


def execute(doors: list[socket.socket], scratch: Path) -> Popen[bytes]:
    """Execute, not fork, a warm parent that serves these doors.

    This is the start method: a system that needs another one (no fork after threads, no passing of descriptors)
    gets it here and in ``autograder.jail.parent``.

    :param scratch: a private folder; the parent's home is made in it, and its standard error is ``parent.log``.
    """
    numbers = [door.fileno() for door in doors]
    home = scratch / "jail"
    home.mkdir()
    with (scratch / "parent.log").open("wb") as log:
        return Popen(
            [sys.executable, "-P", "-s", "-m", "autograder.jail", *map(str, numbers)],
            env=environ.for_jail(home),
            pass_fds=numbers,
            stdin=DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home,
            start_new_session=True,
        )


class Door:
    """The door to one warm parent's server."""

    def __init__(self, door: socket.socket) -> None:
        self.socket = door
        self._exited: dict[int, int] = {}

    def wait_ready(self) -> None:
        """Wait until Airflow is imported there.

        :raises ParentGone: when it ends instead.
        """
        if "ready" not in self._message():
            raise ParentGone("the warm parent did not say that it is ready")

    def start(self, orders: Orders, descriptors: list[int]) -> int:
        """Start a child with these descriptors; return its process id.

        :raises ParentGone: when there is nobody to start it.
        """
        try:
            socket.send_fds(self.socket, [json.dumps(asdict(orders)).encode()], descriptors)
        except OSError as error:
            raise ParentGone(f"the warm parent takes no orders: {error}") from error
        return int(str(self._until("started")))

    def exit_code(self, pid: int) -> int | None:
        """How this child ended, or None while it has not: minus the signal, or the exit code."""
        status = self._exited.pop(pid, None)
        return None if status is None else os.waitstatus_to_exitcode(status)

    def listen(self) -> None:
        """Read one message; call when the socket is readable.

        :raises ParentGone: when the parent has ended.
        """
        self._message()

    def sweep(self) -> None:
        """End every process that the last run left behind."""
        self.socket.send(json.dumps({"sweep": True}).encode())
        self._until("swept")

    def _until(self, word: str) -> object:
        while True:
            message = self._message()
            if word in message:
                return message[word]

    def _message(self) -> dict[str, object]:
        try:
            data = self.socket.recv(_MESSAGE)
        except OSError as error:
            raise ParentGone(str(error)) from error
        if not data:
            raise ParentGone("the warm parent has ended")
        message: dict[str, object] = json.loads(data)
        if "exited" in message:
            self._exited[int(str(message["exited"]))] = int(str(message["status"]))
        return message
