"""Becomes an ordinary user and then the program named: ``python -m tests.hostile.stage UID PATH,… PROGRAM …``.

An interpreter or a checkout often lies below a home that nobody else may enter. The program must reach it all the
same, as it would on a machine where it lies elsewhere; so, in a mount namespace of its own, such a home is replaced
by an empty folder that anybody may enter, with nothing in it but the paths named, where they always were.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from pathlib import Path

__all__ = ["main", "shut"]

_CLONE_NEWNS = 0x20000
_MS_NOSUID, _MS_NODEV, _MS_BIND, _MS_REC, _MS_PRIVATE = 2, 4, 4096, 16384, 1 << 18
_libc = ctypes.CDLL(None, use_errno=True)


def main(arguments: list[str]) -> None:
    """Take the user's place, then the program's.

    :raises OSError: when the system refuses a step.
    """
    uid, paths, program = int(arguments[0]), [Path(each) for each in arguments[1].split(",")], arguments[2:]
    if doors := {door for path in paths if (door := shut(path)) is not None}:
        _open(doors, paths)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    os.execv(program[0], program)


def shut(path: Path) -> Path | None:
    """The first folder on the way to this path that only its owner may enter, if any."""
    for folder in reversed(path.parents):
        if not folder.stat().st_mode & stat.S_IXOTH:
            return folder
    return None


def _open(doors: set[Path], paths: list[Path]) -> None:
    _check(_libc.unshare(_CLONE_NEWNS), "a mount namespace")
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE)
    # Held before anything is covered: from then on they are reached by descriptor only.
    held = {path: os.open(path, os.O_PATH) for path in paths}
    for door in doors:
        _mount("tmpfs", str(door), "tmpfs", _MS_NOSUID | _MS_NODEV, "size=1m,mode=755")
    for path, descriptor in held.items():
        if any(path.is_relative_to(door) for door in doors):
            path.mkdir(parents=True, exist_ok=True)
            _mount(f"/proc/self/fd/{descriptor}", str(path), None, _MS_BIND | _MS_REC)
        os.close(descriptor)


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    words = (None if word is None else word.encode() for word in (source, target, kind))
    _check(_libc.mount(*words, ctypes.c_ulong(flags), None if data is None else data.encode()), target)


def _check(answer: int, what: str) -> None:
    if answer:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)


if __name__ == "__main__":
    main(sys.argv[1:])
