"""A door to the warm parent with nobody behind it: a "child" is a script, what it says and how it ends."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec

from autograder.jail.doors import Doors, open_doors
from autograder.jail.layers import Layer
from autograder.jail.orders import Orders

__all__ = ["CHANNELS", "ENDS", "FOLDER", "OWN", "FalseDoor", "Script", "framed", "request", "side"]

CHANNELS = ("requests", "stdout", "stderr", "log", "side")
"""A child's channels, in the order in which it is given them."""

ENDS = (0, 1, -signal.SIGKILL, -signal.SIGSEGV, -40, 255)
"""Ways to end: 40 is a signal that has no name."""

_NOBODY = 1 << 30
"""No process has a number as high as this, so that what control sends its children reaches nobody."""


@dataclass(frozen=True)
class Script:
    """What one child does."""

    says: list[tuple[str, Any]] = field(default_factory=list)
    """Channel and bytes, one after the other. On ``requests`` also a value, in which ``OWN`` stands for what the child
    is told at its start."""
    exit_code: int = 0


OWN = {name: f"<own {name}>" for name in ("id", "dag_id", "run_id", "task_id", "map_index")}
"""What stands for the fields of the child's own task instance."""
FOLDER = "<folder>"
"""What stands, anywhere in a text, for the folder of the submission."""


def framed(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


def request(body: Any, number: int = 1) -> tuple[str, Any]:
    """A request on Airflow's wire."""
    return "requests", [number, body, None]


def side(*words: Any) -> tuple[str, bytes]:
    """Something on the side channel."""
    return "side", framed(msgspec.json.encode(list(words)))


def _filled(value: Any, own: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, own) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_filled(item, own) for item in value]
    return (
        value
        if not isinstance(value, str)
        else own[value]
        if value in own
        else value.replace(FOLDER, own[FOLDER])
    )


class _Child:
    def __init__(self, script: Script, folder: str, channels: list[socket.socket]) -> None:
        self.script = script
        self.channels = dict(zip(CHANNELS, channels, strict=True))
        self._left: list[tuple[str, Any]] = [side("jailed", {"nothing was tried": True}), *script.says]
        self._told = b""
        self._folder = folder

    def _encoded(self, value: Any) -> bytes:
        """A request as bytes."""
        own: dict[str, Any] = {FOLDER: self._folder}
        with suppress(Exception):  # only a task is told whose it is
            body = msgspec.msgpack.decode(self._told[4 : 4 + int.from_bytes(self._told[:4], "big")])[1]
            own |= {OWN[name]: body["ti"].get(name, -1) for name in OWN}
        return framed(msgspec.msgpack.encode(_filled(value, own)))

    def go_on(self) -> bool:
        """Say the next thing, as far as anybody reads it; False: there is nothing left."""
        for name, channel in self.channels.items():
            with suppress(OSError):  # what it is told, it does not care for
                while data := channel.recv(1 << 16, socket.MSG_DONTWAIT):
                    self._told += data if len(self._told) < 1 << 16 and name == "requests" else b""
        if not self._left:
            return False
        name, data = self._left[0]
        data = data if isinstance(data, bytes) else self._encoded(data)
        try:
            sent = self.channels[name].send(data, socket.MSG_DONTWAIT) if data else 0
        except BlockingIOError:
            sent = 0
        except OSError:
            return False  # control has had enough of it
        self._left[0] = (name, data[sent:])
        if sent == len(data):
            del self._left[0]
        return True

    def stop(self) -> None:
        self._left.clear()

    def close(self) -> None:
        for channel in self.channels.values():
            channel.close()


class FalseDoor:
    """Stands where control's end of the door to the warm parent stands."""

    def __init__(self) -> None:
        self.socket, self._other = socket.socketpair()
        self._other.send(b"!")  # it is always worth a look
        self.layer = Layer("D", ())
        self.user: int | None = None
        self.below: list[int] = []
        self.own: set[int] = set()
        self.spent = 0.0
        self.script: Callable[[Orders, int], Script] = lambda orders, number: Script()
        self._children: dict[int, _Child] = {}
        self._started = 0

    def begin(self, script: Callable[[Orders, int], Script]) -> None:
        self.script, self._started = script, 0

    def room(self, size: int, files: int) -> None:
        """There is none but the folder that control makes."""

    def cell(self) -> Doors:
        return open_doors()

    def send_signal(self, pid: int, number: signal.Signals) -> None:
        """Nobody there has a handler."""

    def kill(self, pid: int) -> None:
        """It is told to stop, and says nothing any more."""
        if child := self._children.get(pid):
            child.stop()

    def keeper(self, pid: int) -> int | None:
        """There is no cell."""

    def start(self, orders: Orders, descriptors: list[int]) -> int:
        self._started += 1
        pid = _NOBODY + self._started
        channels = [socket.socket(fileno=os.dup(number)) for number in descriptors]
        self._children[pid] = _Child(self.script(orders, self._started), orders.folder, channels)
        return pid

    def listen(self) -> None:
        pass

    def exit_code(self, pid: int) -> int | None:
        child = self._children.get(pid)
        if child is None or child.go_on():
            return None
        child.close()
        del self._children[pid]
        return child.script.exit_code

    def sweep(self) -> None:
        for child in self._children.values():
            child.close()
        self._children.clear()

    def close(self) -> None:
        self.sweep()
        self.socket.close()
        self._other.close()
