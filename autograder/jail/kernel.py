"""The kernel's isolation calls that Python's standard library does not have: namespaces, mounts, capabilities.

Every function raises ``OSError`` with the call's own number, so that whoever asks can say what was refused and why.
What they do and need is in the manual pages named at each. The bindings there are do not cover this: ``python-prctl``
must be compiled, ``pyroute2`` has network namespaces alone, and Python has ``os.unshare`` from 3.12.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import platform
import socket
import struct
import sys
from typing import Any

__all__ = [
    "IPC",
    "MNT",
    "NET",
    "PID",
    "USER",
    "UTS",
    "bind",
    "call",
    "capabilities",
    "die_with_parent",
    "drop_capabilities",
    "dumpable",
    "forbid_privileges",
    "fork",
    "lo_up",
    "mount",
    "new_user",
    "pivot_into",
    "private_mounts",
    "setns",
    "subreaper",
    "umount",
    "unshare",
]

# linux/sched.h
MNT, UTS, IPC, USER, PID, NET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
# linux/mount.h
_RDONLY, _NOSUID, _REMOUNT, _BIND, _REC = 1, 2, 32, 4096, 16384
_NOATIME, _NODIRATIME, _PRIVATE, _RELATIME = 1 << 10, 1 << 11, 1 << 18, 1 << 21
_KEPT = (
    (
        (os.ST_NOSUID, 2),
        (os.ST_NODEV, 4),
        (os.ST_NOEXEC, 8),
        (os.ST_NOATIME, _NOATIME),
        (os.ST_NODIRATIME, _NODIRATIME),
        (os.ST_RELATIME, _RELATIME),
    )
    if sys.platform == "linux"
    else ()
)
_DETACH = 2
_SIGCHLD = 17
# linux/prctl.h
_PDEATHSIG, _DUMPABLE, _CAPBSET_DROP, _SUBREAPER, _NO_NEW_PRIVS, _CAP_AMBIENT = 1, 4, 24, 36, 38, 47
_CAP_VERSION = 0x20080522
# linux/sockios.h
_GIFFLAGS, _SIFFLAGS, _UP = 0x8913, 0x8914, 1

_NUMBERS = {
    "x86_64": {"capget": 125, "capset": 126, "clone": 56, "pivot_root": 155, "seccomp": 317},
    "aarch64": {"capget": 90, "capset": 91, "clone": 220, "pivot_root": 41, "seccomp": 277},
}.get(platform.machine(), {})
_libc: Any = ctypes.CDLL(None, use_errno=True)


def call(name: str | int, *arguments: Any) -> int:
    """A system call that the C library has no function for, by name or by number.

    :raises OSError: as the kernel says; ENOSYS on a machine whose numbers are not known here.
    """
    number = name if isinstance(name, int) else _NUMBERS.get(name)
    if number is None or sys.platform != "linux":
        raise OSError(errno.ENOSYS, f"{name} is not known on {platform.machine()}")
    return _done(_libc.syscall(ctypes.c_long(number), *arguments), str(name))


def unshare(namespaces: int) -> None:
    """New namespaces for this process, of which PID is for its children (``unshare(2)``)."""
    _done(_libc.unshare(ctypes.c_int(namespaces)), "unshare")


def fork(namespaces: int) -> int:
    """Fork into new namespaces (``clone(2)``). For a process of one thread: Python does not hear of it.

    Other than after ``unshare(PID)``, the caller's next child is where its children always were. An ordinary user
    could not go back there: that namespace is not theirs.
    """
    nothing = [ctypes.c_ulong(0)] * 4
    return call("clone", ctypes.c_ulong(namespaces | _SIGCHLD), *nothing)


def setns(descriptor: int, namespaces: int) -> None:
    """Join namespaces of the process behind a pidfd, or the one behind a file of ``/proc/PID/ns`` (``setns(2)``)."""
    _done(_libc.setns(ctypes.c_int(descriptor), ctypes.c_int(namespaces)), "setns")


def mount(
    source: str | None, target: str, kind: str | None = None, flags: int = 0, options: str = ""
) -> None:
    """``mount(2)``."""
    data = options.encode() or None
    names = [None if name is None else os.fsencode(name) for name in (source, target, kind)]
    _done(_libc.mount(*names, ctypes.c_ulong(flags), data), f"mount {target}")


def umount(target: str) -> None:
    """Take a mount away at once, for those who use it at the last close (``umount2(2)``)."""
    _done(_libc.umount2(os.fsencode(target), ctypes.c_int(_DETACH)), f"umount {target}")


def bind(source: str, target: str, *, writable: bool = False) -> None:
    """Show a folder or a file at another place too, read-only unless ``writable``.

    What the mount it comes from forbids stays forbidden: in a user namespace nothing else may be asked for.
    """
    mount(source, target, None, _BIND | _REC)
    if not writable:
        found = os.statvfs(source).f_flag
        kept = sum(flag for there, flag in _KEPT if found & there and flag != _NOSUID)
        mount(None, target, None, _BIND | _REMOUNT | _RDONLY | _NOSUID | kept)


def pivot_into(folder: str) -> None:
    """Make a mounted folder this mount namespace's root; the old one is gone (``pivot_root(2)``)."""
    os.chdir(folder)
    dot = ctypes.c_char_p(b".")
    call("pivot_root", dot, dot)
    umount(".")
    os.chdir("/")


def private_mounts() -> None:
    """What is mounted here from now on is seen nowhere else."""
    mount(None, "/", None, _REC | _PRIVATE)


def new_user(inside: int) -> None:
    """A user namespace of one's own, in which the present user and group are these (``user_namespaces(7)``)."""
    user, group = os.geteuid(), os.getegid()
    unshare(USER)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{inside} {user} 1"),
        ("gid_map", f"{inside} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def lo_up() -> None:
    """Put the loopback interface of this network namespace to work: 127.0.0.1 and ::1 (``netdevice(7)``)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        asked = struct.pack("16sH14s", b"lo", 0, b"")
        flags = struct.unpack("16sH14s", fcntl.ioctl(door, _GIFFLAGS, asked))[1]
        fcntl.ioctl(door, _SIFFLAGS, struct.pack("16sH14s", b"lo", flags | _UP, b""))


def drop_capabilities() -> None:
    """This process, and whatever it executes, may do nothing that needs a capability (``capabilities(7)``)."""
    for number in range(64):
        try:
            _prctl(_CAPBSET_DROP, number)
        except OSError as error:
            # No such capability; or we may not, and then there is none that an execution could give.
            if error.errno in (errno.EINVAL, errno.EPERM):
                break
            raise
    _prctl(_CAP_AMBIENT, 4)  # PR_CAP_AMBIENT_CLEAR_ALL
    call("capset", ctypes.c_char_p(struct.pack("Ii", _CAP_VERSION, 0)), ctypes.c_char_p(bytes(24)))


def capabilities() -> int:
    """The capabilities in force for this process, as a set of bits."""
    sets = ctypes.create_string_buffer(24)
    call("capget", ctypes.c_char_p(struct.pack("Ii", _CAP_VERSION, 0)), sets)
    words = struct.unpack("6I", sets.raw)
    return int(words[0] | words[1] | words[3] | words[4])  # effective and permitted, both halves


def forbid_privileges() -> None:
    """Nothing that is executed from now on gives more rights than there are (``PR_SET_NO_NEW_PRIVS``)."""
    _prctl(_NO_NEW_PRIVS, 1)


def dumpable(allowed: bool) -> None:
    """Whether others of the same user may look into this process (``PR_SET_DUMPABLE``)."""
    _prctl(_DUMPABLE, int(allowed))


def die_with_parent() -> None:
    """End when the parent ends, however that is. Forgotten when the user changes: ask for it afterwards."""
    if sys.platform == "linux":
        _prctl(_PDEATHSIG, 9)


def subreaper(wanted: bool) -> None:
    """Whether orphans below this process become its children."""
    if sys.platform == "linux":
        _prctl(_SUBREAPER, int(wanted))


def _prctl(option: int, value: int) -> None:
    rest = [ctypes.c_ulong(number) for number in (value, 0, 0, 0)]
    _done(_libc.prctl(ctypes.c_int(option), *rest), f"prctl {option}")


def _done(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result
