"""Layers: what a jail can be built of on this machine. Each is chosen by trying it, in a process that is thrown away.

A and B have namespaces, which root makes in A and an ordinary user in B. C is what a plain container allows: Landlock,
a filter of system calls, and a user of its own if root grades. D has nothing but limits and is no sandbox.
"""

from __future__ import annotations

import os
import pwd
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from autograder.jail import kernel, landlock, readable, root, seccomp, selftest, sweep

__all__ = [
    "DISK",
    "FILTER",
    "LANDLOCK",
    "LIMITS",
    "NAMESPACES",
    "PRIVILEGES",
    "RIGHTS",
    "ROOT",
    "SIGNALS",
    "SWEEP",
    "TCP",
    "UDP",
    "USER",
    "Layer",
    "LayerMissing",
    "choose",
    "user_of_its_own",
]

NAMESPACES = "namespaces for processes, network, mounts, names and shared memory"
ROOT = "a root that holds the interpreter alone, read-only"
USER = "a user of its own, who owns nothing"
LANDLOCK = "Landlock"
FILTER = "a filter of system calls"
PRIVILEGES = "no capabilities and no new privileges"
LIMITS = "limits"
SWEEP = "a sweep that stops all processes before it kills them"
DISK = "a file system of its own, with a limit"
RIGHTS = "changes of the rights of files"
TCP = "TCP to nowhere but the stand-ins"
UDP = "UDP to nowhere"
SIGNALS = "signals to nobody outside"

_FIRST = 61184
"""From here to ``sweep.NOBODY``: user ids that no system gives to people or services.

It is the range from which systemd takes throwaway users.
"""
_claims: list[socket.socket] = []
"""Whoever holds such a socket has the user whose number is in its name. The kernel lets go of it with us."""


class LayerMissing(Exception):
    """The layer that was asked for cannot be had here. The text is a sentence."""


@dataclass(frozen=True)
class Layer:
    letter: Literal["A", "B", "C", "D"]
    """Best first."""
    active: tuple[str, ...]
    """The parts in force, as people read them."""
    missing: dict[str, str] = field(default_factory=dict)
    """Part → why it cannot be had."""

    @property
    def namespaces(self) -> bool:
        return self.letter in "AB"

    def broken(self, found: dict[str, bool]) -> list[str]:
        """What a self-test has found open although this layer closes it."""
        if self.letter == "D":
            return []
        excused = {selftest.LOOPBACK: TCP, selftest.SIGNALS: SIGNALS, selftest.NAMESPACES: FILTER}
        return [asked for asked, held in found.items() if not held and excused.get(asked) not in self.missing]


def choose(forced: str | None = None) -> Layer:
    """The best layer of this machine, or the one that is asked for.

    :raises LayerMissing: when that one cannot be had, or there is no such layer.
    """
    if forced not in (None, "A", "B", "C", "D"):
        raise LayerMissing(f"There is no layer {forced!r} of the jail; there are A, B, C and D.")
    is_root = os.geteuid() == 0
    with tempfile.TemporaryDirectory(prefix="autograder-") as folder:
        refused = _tried(lambda: _namespaces(folder))
        unreadable = _tried(lambda: _may_be_read_in_there(folder)) if is_root and not refused else None
    best: Literal["A", "B"] = "A" if is_root else "B"
    if forced in ("A", "B") and (refused or forced != best):
        whose = {"A": "it is for root", "B": "it is for an ordinary user"}[forced]
        raise LayerMissing(f"Layer {forced} of the jail cannot be had here: {refused or whose}.")
    if not refused and forced in (None, best):
        return _with_namespaces(best, unreadable)
    closed = "this kernel has none" if not landlock.version() else None
    unfiltered = _tried(_filter)
    if forced == "C" and (closed or unfiltered):
        raise LayerMissing(
            "Layer C of the jail cannot be had here: this kernel has no Landlock, or no filters."
        )
    if not (closed or unfiltered) and forced in (None, "C"):
        return _without_namespaces(refused or "layer C was asked for", is_root=is_root)
    asked = "layer D was asked for" if forced == "D" else None
    alone = "without the other parts it would hold nobody"
    reasons = {NAMESPACES: refused, ROOT: refused, LANDLOCK: closed, FILTER: unfiltered, PRIVILEGES: None}
    return Layer("D", (LIMITS,), {part: asked or why or alone for part, why in reasons.items()})


def user_of_its_own(layer: Layer, rank: int) -> int | None:
    """A user id that nobody has and no process runs under, or None where none can be taken on.

    It is ours as long as this process, or one forked by it, lives.

    :param rank: which one, of those for the warm parents of one command.
    """
    if os.geteuid() != 0 or layer.letter not in "AC" or USER in layer.missing:
        return None
    taken = {entry.pw_uid for entry in pwd.getpwall()} | _running()
    free = [number for number in range(_FIRST, sweep.NOBODY) if number not in taken]
    # Two commands at a time begin at different places.
    begin = (os.getppid() * 16 + rank) % len(free)
    return next((number for number in free[begin:] + free[:begin] if _claimed(number)), None)


def _claimed(user: int) -> bool:
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0autograder-user-{user}")
    except OSError:
        claim.close()
        return False
    _claims.append(claim)
    return True


def _running() -> set[int]:
    found = set()
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                found.add(os.stat(f"/proc/{name}").st_uid)
            except OSError:
                continue
    return found


def _with_namespaces(letter: Literal["A", "B"], unreadable: str | None) -> Layer:
    active = [NAMESPACES, ROOT, DISK]
    missing: dict[str, str] = {}
    if letter == "A" and unreadable:
        missing[USER] = unreadable
    elif letter == "A":
        _note(_switch_user, USER, active, missing)
    else:
        active.append("a user namespace of its own")
    if landlock.version():
        active.append(LANDLOCK)
    else:
        missing[LANDLOCK] = "this kernel has none"
    _note(_filter, FILTER, active, missing)
    return Layer(letter, (*active, PRIVILEGES, LIMITS), missing)


def _without_namespaces(why: str, *, is_root: bool) -> Layer:
    active, missing = [LANDLOCK, FILTER], {NAMESPACES: why, ROOT: why}
    have = landlock.version()
    for part, since in ((TCP, landlock.NETWORK), (SIGNALS, landlock.SIGNALS)):
        if have >= since:
            active.append(part)
        else:
            missing[part] = f"this kernel's Landlock is version {have}; it takes {since}"
    missing[UDP] = "Landlock does not know UDP: give the container no network"
    missing[DISK] = "it takes mounts; control watches the folder instead"
    if is_root:
        _note(_switch_user, USER, active, missing)
        _note(_may_be_read, USER, active, missing)
    if USER not in active:
        missing[RIGHTS] = (
            "Landlock does not know them: such a change is pretended, and that of a file's times is made"
        )
    return Layer("C", (*active, SWEEP, PRIVILEGES, LIMITS), missing)


def _note(attempt: Callable[[], None], part: str, active: list[str], missing: dict[str, str]) -> None:
    if why := _tried(attempt):
        missing[part] = why
        if part in active:
            active.remove(part)
    elif part not in missing and part not in active:
        active.append(part)


def _tried(attempt: Callable[[], None]) -> str | None:
    """Why this does not work, found out by doing it in a fork; None: it works."""
    if sys.platform != "linux":
        return "this is not Linux"
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            attempt()
        except OSError as error:
            os.write(write, str(error).encode()[:500])
        except BaseException as error:
            os.write(write, repr(error).encode()[:500])
        os._exit(0)
    os.close(write)
    _, status = os.waitpid(pid, 0)
    said = os.read(read, 500).decode("utf-8", "replace")
    os.close(read)
    if status and not said:
        return f"trying it ended with {os.waitstatus_to_exitcode(status)}"
    return said or None


def _namespaces(folder: str) -> None:
    if os.geteuid() != 0:
        kernel.new_user(0)
    kernel.unshare(kernel.MNT | kernel.NET | kernel.IPC | kernel.UTS)
    root.enter(folder, root.needed(), [_FIRST])
    kernel.lo_up()
    kernel.unshare(kernel.PID)
    pid = os.fork()
    if pid == 0:
        try:
            kernel.unshare(kernel.MNT)
            kernel.mount("proc", "/proc", "proc")
        except OSError:
            os._exit(1)
        os._exit(0)
    if os.waitpid(pid, 0)[1]:
        raise OSError("a /proc of one's own cannot be mounted")
    kernel.setns(os.pidfd_open(os.getpid()), kernel.NET)


def _may_be_read_in_there(folder: str) -> None:
    needed = root.needed()
    kernel.unshare(kernel.MNT)
    root.enter(folder, needed, [_FIRST])
    if why := readable.obstacles(map(Path, needed), _FIRST, _FIRST):
        raise OSError(why[0])


def _filter() -> None:
    kernel.forbid_privileges()
    seccomp.install(seccomp.program())


def _switch_user() -> None:
    os.setgroups([])
    os.setresgid(_FIRST, _FIRST, _FIRST)
    os.setresuid(_FIRST, _FIRST, _FIRST)


def _may_be_read() -> None:
    if why := readable.obstacles(map(Path, root.needed()), _FIRST, _FIRST):
        raise OSError(why[0])
