"""The last step into the jail: what a child gives up for good, right before anything of the learner's is read."""

from __future__ import annotations

import os
import resource
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from autograder.jail import kernel, landlock, root, seccomp
from autograder.jail.orders import Orders

__all__ = ["LEARNER", "Lock", "limit"]

LEARNER = 1000
"""The learner's user id inside a user namespace."""

_READ_IN_ROOT = ("/",)
_WRITTEN_IN_ROOT = ("/tmp", "/jail/work", "/dev/shm", "/dev/null", "/dev/full", "/proc/self")
# Who may write to /dev/zero gets from it the shared memory that the filter refuses.
_READ_OUTSIDE = (
    *root.SETTINGS,
    *("/proc", "/dev/zero", "/dev/urandom", "/dev/random"),
    *("/etc/passwd", "/etc/group", "/etc/hosts", "/etc/nsswitch.conf", "/etc/resolv.conf"),
)
_WRITTEN_OUTSIDE = ("/dev/null", "/dev/full")
_FEW = {"CORE": 1, "MSGQUEUE": 0, "SIGPENDING": 1024, "MEMLOCK": 64 << 10, "NOFILE": 256}
# A limit of 0 bytes does not keep the kernel from handing a core to the system's own program; one of 1 byte does.
_MOST_CPU_LEFT = 2
"""Seconds for which a process goes on after it was told that its computing time is over."""


@dataclass(frozen=True)
class Lock:
    """How the children of a warm parent are locked up. Made once, for nothing in it differs between children."""

    letter: str
    """The layer (``autograder.jail.layers``)."""
    user: int | None
    """A user who owns nothing, to become; None: stay who we are."""
    filter: bytes | None
    """Of system calls; None: this machine takes none."""
    landlock: bool
    paths: Sequence[str]
    """What is read (``autograder.jail.root.needed``), where there is no root of our own."""

    def door(self) -> socket.socket | None:
        """Where nobody may listen once it is locked: a socket that listens already, for shells that sleep."""
        return socket.create_server(("127.0.0.1", 0)) if self.landlock and self.letter == "C" else None

    def close(self, orders: Orders, inherited: int, door: socket.socket | None = None) -> None:
        """Lock the present process. Nothing of this can be undone.

        :param inherited: bytes of private memory that it has from its parent.
        :param door: what ``door`` has returned.
        :raises OSError: when something is refused that was possible when it was tried: nothing may run then.
        """
        if self.user is not None:
            os.setgroups([])
            os.setresgid(self.user, self.user, self.user)
            os.setresuid(self.user, self.user, self.user)
        elif self.letter == "B":
            kernel.dumpable(True)  # or its own files in /proc would not be its own
            kernel.new_user(LEARNER)
        alone = self.user is not None or self.letter == "B"
        limit(orders, inherited, 0 if alone else _taken())
        if self.letter != "D":
            kernel.drop_capabilities()
        if sys.platform == "linux":
            kernel.forbid_privileges()
        if self.landlock:
            self._confine(orders, [] if door is None else [door.getsockname()[1]])
        if self.filter is not None:
            seccomp.install(self.filter)
        kernel.die_with_parent()
        if sys.platform == "linux":
            kernel.dumpable(True)

    def _confine(self, orders: Orders, ports: list[int]) -> None:
        if self.letter in "AB":
            landlock.restrict(_READ_IN_ROOT, _WRITTEN_IN_ROOT, None)
            return
        run = [place for place in (orders.folder, orders.plugins) if place is not None]
        written = (*_WRITTEN_OUTSIDE, orders.cwd, orders.tmp)
        landlock.restrict((*_READ_OUTSIDE, *self.paths, *run), written, orders.ports + ports)


def limit(orders: Orders, inherited: int, beside: int | None) -> None:
    """The kernel's own limits: far ones, behind those that control watches, and those that nobody needs to reach.

    :param beside: processes and threads of the same user that are none of ours, and count; None: nobody knows.
    """
    wanted = dict(_FEW)
    if orders.memory:
        wanted["DATA"] = orders.memory + inherited
    if orders.file:
        wanted["FSIZE"] = orders.file
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # an error of the write tells more than an end
    if orders.processes and beside is not None:
        wanted["NPROC"] = orders.processes + beside
    for name, most in wanted.items():
        _set(name, most, most)
    if orders.cpu:
        _set("CPU", orders.cpu, orders.cpu + _MOST_CPU_LEFT)


def _taken() -> int | None:
    """How many processes and threads our user has now, or somewhat more; None where the system does not tell."""
    try:
        names = os.listdir("/proc")
    except OSError:
        return None
    found = 0
    for name in names:
        if name.isdigit():
            with suppress(OSError):
                threads = os.stat(f"/proc/{name}/task")
                # Of a process that lets nobody look into it, it is root's.
                if threads.st_uid in (0, os.geteuid()):
                    found += threads.st_nlink - 2
    return found


def _set(name: str, soft: int, hard: int) -> None:
    number = getattr(resource, f"RLIMIT_{name}", None)
    if number is None:
        return
    allowed = resource.getrlimit(number)[1]
    if allowed != resource.RLIM_INFINITY:
        hard = min(hard, allowed)
    resource.setrlimit(number, (min(soft, hard), hard))
