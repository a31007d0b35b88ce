"""The self-test: does this jail hold? Tried inside, by every child, before anything of the learner's is read."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from autograder.jail import kernel

__all__ = ["CAPABILITIES", "FILES", "LOOPBACK", "MEMORY", "NAMESPACES", "SIGNALS", "Canary", "run"]

FILES = "files outside cannot be read"
LOOPBACK = "the host's loopback cannot be reached"
SIGNALS = "the grader gets no signals"
MEMORY = "the grader's memory cannot be read"
NAMESPACES = "no namespace can be made"
CAPABILITIES = "no capability is left"


@dataclass(frozen=True)
class Canary:
    """What lies outside for a jail to keep from us. All of it is real: without a jail every attempt succeeds."""

    files: list[str]
    """Files and folders that the user who grades can read."""
    port: int
    """Where somebody listens on the host's loopback."""
    pid: int
    """A process of the trusted side."""


def run(canary: dict[str, Any], *, filtered: bool) -> dict[str, bool]:
    """Try to break out in six ways; say of each whether the jail held.

    :param filtered: whether system calls are. Without that a namespace could be made, and this process would be in it.
    """
    outside = Canary(**canary)
    return {
        FILES: all(_refused(partial(_read, file)) for file in outside.files),
        LOOPBACK: _refused(lambda: _connect(outside.port)),
        SIGNALS: _refused(lambda: os.kill(outside.pid, 0)),
        MEMORY: _refused(lambda: _read(f"/proc/{outside.pid}/mem")),
        NAMESPACES: filtered and _refused(lambda: kernel.unshare(kernel.USER)),
        CAPABILITIES: not kernel.capabilities(),
    }


def _refused(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return True
    return False


def _read(path: str) -> None:
    os.close(os.open(path, os.O_RDONLY))


def _connect(port: int) -> None:
    with socket.socket() as door:
        door.settimeout(1)
        door.connect(("127.0.0.1", port))
