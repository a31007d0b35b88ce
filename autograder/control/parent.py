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

_CHUNK = 1 << 16


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
    """The door to one warm parent's server: one JSON object a line, in both directions."""

    def __init__(self, door: socket.socket) -> None:
        self.socket = door
        self._exited: dict[int, int] = {}
        self._said: list[dict[str, object]] = []
        self._rest = b""

    def wait_ready(self) -> None:
        """Wait until Airflow is imported there.

        :raises ParentGone: when it ends instead.
        """
        self._until("ready")

    def start(self, orders: Orders, descriptors: list[int]) -> int:
        """Start a child with these descriptors; return its process id.

        :raises ParentGone: when there is nobody to start it.
        """
        line = json.dumps(asdict(orders)).encode() + b"\n"
        try:
            sent = socket.send_fds(self.socket, [line], descriptors)
            self.socket.sendall(line[sent:])
        except OSError as error:
            raise ParentGone(f"the warm parent takes no orders: {error}") from error
        return int(str(self._until("started")))

    def exit_code(self, pid: int) -> int | None:
        """How this child ended, or None while it has not: minus the signal, or the exit code."""
        status = self._exited.pop(pid, None)
        return None if status is None else os.waitstatus_to_exitcode(status)

    def listen(self) -> None:
        """Read what is there; call when the socket is readable.

        :raises ParentGone: when the parent has ended.
        """
        try:
            data = self.socket.recv(_CHUNK)
        except OSError as error:
            raise ParentGone(str(error)) from error
        if not data:
            raise ParentGone("the warm parent has ended")
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            message: dict[str, object] = json.loads(line)
            if "exited" in message:
                self._exited[int(str(message["exited"]))] = int(str(message["status"]))
            else:
                self._said.append(message)

    def sweep(self) -> None:
        """End every process that the last run left behind."""
        try:
            self.socket.sendall(json.dumps({"sweep": True}).encode() + b"\n")
        except OSError as error:
            raise ParentGone(f"the warm parent does not answer: {error}") from error
        self._until("swept")

    def _until(self, word: str) -> object:
        while not self._said:
            self.listen()
        return self._said.pop(0)[word]
