"""Control's end of the door to its warm parent: rooms for runs, cells for children, their start and their end."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any

from autograder.airflow33 import environ
from autograder.control.wall import undisturbed
from autograder.jail import sweep
from autograder.jail.doors import Doors, open_doors
from autograder.jail.layers import Layer
from autograder.jail.orders import Orders
from autograder.jail.tree import busy, descendants

__all__ = ["Door", "LayerRefused", "ParentGone", "execute"]

_CHUNK = 1 << 16
_DESCRIPTORS = 16
_PATIENCE = 5.0
"""Real seconds for all that is below a child to stand still."""


class ParentGone(Exception):
    """The warm parent is not there any more; nothing can be run through it."""


class LayerRefused(Exception):
    """The layer that was asked for cannot be had on this machine. The text is a sentence."""


def execute(doors: list[socket.socket], scratch: Path, layer: str | None = None) -> Popen[bytes]:
    """Execute, not fork, a warm parent that serves these doors.

    This is the start method: a system that needs another one (no fork after threads, no passing of descriptors)
    gets it here and in ``autograder.jail.parent``.

    :param scratch: a private folder; the parent's home is made in it, and its standard error is ``parent.log``.
    :param layer: the layer of the jail; the best there is unless given.
    """
    numbers = [door.fileno() for door in doors]
    home, root = scratch / "jail", scratch / "root"
    home.mkdir()
    root.mkdir()
    with (scratch / "parent.log").open("wb") as log:
        return Popen(
            [
                sys.executable,
                "-P",
                "-s",
                "-m",
                "autograder.jail",
                layer or "best",
                str(root),
                *map(str, numbers),
            ],
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
        self.below: list[int] = []
        """Processes below which all that run now are."""
        self.own: set[int] = set()
        """Those among them that are ours."""
        self.spent = 0.0
        """Seconds of computing by the children of this run that have ended."""
        self.doubt = ""
        """Why the warm parent is not to be used any more: how it differs from what it was."""
        self.user: int | None = None
        """The user that the children become, where they become one."""
        self._layer: Layer | None = None
        self._exited: dict[int, int] = {}
        self._said: deque[tuple[dict[str, Any], list[int]]] = deque()
        self._rest = b""
        self._received: deque[int] = deque()
        self._keeper: tuple[int, int] | None = None
        """Of the cell for the next child: a pidfd of its first process, and that one's number."""
        self._keepers: dict[int, tuple[int, int]] = {}
        """The same of every living child."""
        self._processes: dict[int, int] = {}
        """A pidfd of every living child, where the system has such: its number may be another's any time."""

    @property
    def layer(self) -> Layer:
        """What the jail is built of. Known when the parent is ready."""
        assert self._layer is not None
        return self._layer

    def wait_ready(self) -> None:
        """Wait until Airflow is imported there.

        :raises LayerRefused: when the layer that was asked for cannot be had.
        :raises ParentGone: when it ends instead.
        """
        said, _ = self._answer()
        if "refused" in said:
            raise LayerRefused(said["refused"])
        self._layer = Layer(**said["layer"])
        self.user = said["user"]
        self.below = [said["ready"], *said["below"]]
        self.own = {*said["below"]}

    def room(self, size: int, files: int) -> int | None:
        """A new file system for a new run; returns a descriptor of its folder, None where the layer has no such thing.

        :param size: bytes that it holds.
        :param files: files and folders that it holds.
        :raises ParentGone: when there is nobody to make it.
        """
        self.spent = 0.0
        _, folders = self._ask({"room": [size, files]})
        return folders[0] if folders else None

    def cell(self) -> Doors:
        """Make ready for the next child; returns the stand-ins' sockets, which are in that child's network.

        :raises ParentGone: when there is nobody to do so.
        """
        said, descriptors = self._ask({"cell": True})
        if not descriptors:
            return open_doors()
        keeper, *doors = descriptors
        if self._keeper is not None:
            os.close(self._keeper[0])
            self.own.discard(self._keeper[1])
        self._keeper = keeper, said["keeper"]
        self.own.add(said["keeper"])
        return Doors.of(socket.socket(fileno=door) for door in doors)

    def start(self, orders: Orders, descriptors: list[int]) -> int:
        """Start a child with these descriptors; return its process id.

        :raises ParentGone: when there is nobody to start it.
        """
        said, processes = self._ask(asdict(orders), descriptors)
        pid = int(said["started"])
        if processes:
            self._processes[pid] = processes[0]
        if self._keeper is not None:
            self._keepers[pid], self._keeper = self._keeper, None
        return pid

    def send_signal(self, pid: int, number: signal.Signals) -> None:
        """Send a signal to a child, if it is still there."""
        with suppress(OSError):
            if (process := self._processes.get(pid)) is not None:
                signal.pidfd_send_signal(process, number)
            else:
                os.kill(pid, number)

    def stop(self, pid: int) -> None:
        """Have a child, and all that it has brought about, stand still until ``release``."""
        roots = self._roots(pid)
        until = time.monotonic() + _PATIENCE
        moving = True
        while moving and time.monotonic() < until:
            # Who works may be about to have forked, and the fork is not stopped with it.
            moving = any(busy(each) for root in roots for each in (root, *descendants(root)))
            self._send_to_roots(pid, signal.SIGSTOP)
            sweep.stop_below(roots)
            if moving:
                os.sched_yield()

    def release(self, pid: int) -> None:
        """Let it go on."""
        sweep.continue_below(self._roots(pid))
        self._send_to_roots(pid, signal.SIGCONT)

    def _roots(self, pid: int) -> list[int]:
        """Below which all is that a child has brought about; without a cell, its orphans are elsewhere."""
        keeper = self.keeper(pid)
        return [pid] if keeper is None else [pid, keeper]

    def _send_to_roots(self, pid: int, number: signal.Signals) -> None:
        self.send_signal(pid, number)
        if keeper := self._keepers.get(pid):
            with suppress(OSError):
                signal.pidfd_send_signal(keeper[0], number)

    def kill(self, pid: int) -> None:
        """End a child, and all that is in its cell; without one, all of its process group. Its end is told later."""
        # The child itself first: until the kernel has ended a whole cell, it would go on.
        self.send_signal(pid, signal.SIGKILL)
        with suppress(OSError):
            if keeper := self._keepers.get(pid):
                signal.pidfd_send_signal(keeper[0], signal.SIGKILL)
            else:
                os.killpg(pid, signal.SIGKILL)

    def keeper(self, pid: int) -> int | None:
        """The first process of a child's cell, to which its orphans go; None: it has no cell."""
        return self._keepers[pid][1] if pid in self._keepers else None

    def exit_code(self, pid: int) -> int | None:
        """How this child ended, or None while it has not: minus the signal, or the exit code."""
        status = self._exited.pop(pid, None)
        return None if status is None else os.waitstatus_to_exitcode(status)

    def listen(self) -> None:
        """Read what is there; call when the socket is readable.

        :raises ParentGone: when the parent has ended.
        """
        with undisturbed():
            self._listen()

    def sweep(self) -> None:
        """End every process that the last run left behind.

        :raises ParentGone: when there is nobody to do so.
        """
        said, _ = self._ask({"sweep": True})
        self.doubt = said["doubt"]
        # Whoever was not waited for any more: another child may be given the same number some day.
        self._exited.clear()

    def _listen(self) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(self.socket, _CHUNK, _DESCRIPTORS)
        except OSError as error:
            raise ParentGone(str(error)) from error
        if not data:
            raise ParentGone("the warm parent has ended")
        self._received += descriptors
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            message: dict[str, Any] = json.loads(line)
            mine = [self._received.popleft() for _ in range(message.pop("descriptors"))]
            if "exited" in message:
                self._end(message)
            else:
                self._said.append((message, mine))

    def _end(self, message: dict[str, Any]) -> None:
        pid = int(message["exited"])
        self._exited[pid] = int(message["status"])
        self.spent += float(message["cpu"])
        if (process := self._processes.pop(pid, None)) is not None:
            os.close(process)
        if keeper := self._keepers.pop(pid, None):
            os.close(keeper[0])
            self.own.discard(keeper[1])

    def _ask(
        self, message: dict[str, Any], descriptors: list[int] | None = None
    ) -> tuple[dict[str, Any], list[int]]:
        line = json.dumps(message).encode() + b"\n"
        with undisturbed():
            try:
                sent = socket.send_fds(self.socket, [line], descriptors) if descriptors else 0
                self.socket.sendall(line[sent:])
            except OSError as error:
                raise ParentGone(f"the warm parent takes no orders: {error}") from error
            return self._answer()

    def _answer(self) -> tuple[dict[str, Any], list[int]]:
        while not self._said:
            self.listen()
        said, descriptors = self._said.popleft()
        if "failed" in said:
            raise ParentGone(f"the warm parent could not: {said['failed']}")
        return said, descriptors
