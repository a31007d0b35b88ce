"""Whether a user of the jail's own, who owns nothing, could read what Python and Airflow are made of.

Decided by the permission bits on the way, links included. Access control lists are not looked at: who uses them knows.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = ["obstacles"]

_LINKS = 40
"""As many as the kernel follows."""


def obstacles(paths: Iterable[Path], uid: int, gid: int) -> list[str]:
    """Why this user cannot read these paths: a sentence for each folder or file that is in the way, and what to do.

    Empty when nothing is. A path that is not there, or that we cannot see ourselves, is in nobody's way.
    """
    if uid == 0:
        return []
    found: dict[Path, str] = {}
    for path in paths:
        for place, final in _way(path.absolute()):
            try:
                mode = place.stat()
            except OSError:
                break
            folder = stat.S_ISDIR(mode.st_mode)
            wanted = (4 if final else 0) | (1 if folder else 0)
            if wanted & ~_granted(mode, uid, gid):
                found.setdefault(place, _sentence(path, place, mode, folder, final))
                break
    return list(found.values())


def _way(path: Path) -> Iterator[tuple[Path, bool]]:
    """Every folder that is passed on the way to where a path leads, then that itself, with whether it is the last."""
    rest, place = list(reversed(path.parts[1:])), Path(path.anchor)
    links = 0
    yield place, not rest
    while rest:
        name = rest.pop()
        if name == os.pardir:
            place = place.parent
            continue
        below = place / name
        if below.is_symlink() and links < _LINKS:
            links += 1
            target = below.readlink()
            if target.is_absolute():
                place = Path(target.anchor)
            rest += [part for part in reversed(target.parts) if part != target.anchor]
            continue
        place = below
        yield place, not rest


def _granted(found: os.stat_result, uid: int, gid: int) -> int:
    if found.st_uid == uid:
        return found.st_mode >> 6 & 7
    if found.st_gid == gid:
        return found.st_mode >> 3 & 7
    return found.st_mode & 7


def _sentence(path: Path, place: Path, mode: os.stat_result, folder: bool, final: bool) -> str:
    bits = f"mode {stat.S_IMODE(mode.st_mode):04o}"
    if not folder:
        return f"Others may not read {place} ({bits}). `chmod o+r {place}` lets them."
    what = "read" if final else "enter"
    beyond = "" if final else f", and {path} is behind it"
    grant = "o+rx" if final else "o+x"
    return (
        f"Others may not {what} {place} ({bits}){beyond}. Put the course and its environment where everybody may read, "
        f"such as /opt; or let others in: `chmod {grant} {place}`."
    )
