"""The processes of a run, as the system sees them from outside (``/proc``; where there is none: nobody).

Whatever is read here may be gone a moment later, and a learner's process may have any name: what cannot be read, or
makes no sense, is as if it was not there.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from autograder.jail.tree import listed

__all__ = ["BLOCK", "PAGE", "Process", "Sizes", "hides_files", "share", "sizes", "tree", "unlinked"]

PAGE = os.sysconf("SC_PAGE_SIZE")

BLOCK = 512
"""Bytes of a block, as ``stat`` counts them wherever there are any."""
_TABLES = 2 << 20
"""Bytes of tables that a process needs for some hundred megabytes; they do not count."""
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    at_work: bool
    """Whether its first thread computes, or is about to."""
    started: int
    """When, in the system's ticks: with the pid it names one process for good."""
    threads: int
    faults: int
    """How often it has touched memory that it did not have yet."""
    computed: float
    """Seconds."""
    buried: float
    """Seconds that those of its children have computed that are gone."""


@dataclass(frozen=True)
class Sizes:
    """Bytes that a process has in memory, whoever else has them too."""

    private: int
    """Of no file and not shared by intent, swapped out or not, and of tables beyond what is usual; what a fork has from
    its parent is among it."""
    shared: int
    """Of memory that is shared by intent, or a file in memory that it has mapped."""


def tree(roots: Iterable[int]) -> list[Process]:
    """These processes and all below them, each once."""
    found: dict[int, Process] = {}
    todo = list(roots)
    while todo:
        pid = todo.pop()
        if pid in found or (process := _process(pid)) is None:
            continue
        found[pid] = process
        for thread in listed(pid):
            todo += map(int, _read(f"/proc/{pid}/task/{thread}/children").split())
    return list(found.values())


def sizes(pid: int) -> Sizes:
    """What a process has in memory; nothing, if it is gone."""
    found = _kilobytes(f"/proc/{pid}/status")
    if "RssAnon" not in found:
        # Its first thread may have ended; then only the others tell.
        for thread in listed(pid):
            found |= _kilobytes(f"/proc/{pid}/task/{thread}/status")
    private = found.get("RssAnon", 0) + found.get("VmSwap", 0) + _beyond_rss(found)
    return Sizes(private, found.get("RssShmem", 0))


def share(pid: int) -> int | None:
    """Bytes that a process has, where what several have counts in equal shares. Takes the kernel milliseconds.

    None: the system does not let us look, as in a container that has not all of root's rights.
    """
    try:
        found = _kilobytes(f"/proc/{pid}/smaps_rollup", strict=True)
    except OSError:
        return None
    if not found:
        return None
    beyond = _beyond_rss(_kilobytes(f"/proc/{pid}/status"))
    return found.get("Pss_Anon", 0) + found.get("Pss_Shmem", 0) + found.get("SwapPss", 0) + beyond


def _beyond_rss(status: dict[str, int]) -> int:
    """Bytes that a process takes besides its pages: their tables, which also grow where only emptiness is read, and
    huge pages that the machine keeps apart."""
    return max(status.get("VmPTE", 0) - _TABLES, 0) + status.get("HugetlbPages", 0)


def unlinked(pids: Iterable[int], device: int) -> int:
    """Bytes on this device of files that processes have open and that have no name any more, as far as we may look."""
    found: dict[int, int] = {}
    for pid in pids:
        for name in _open(pid):
            with suppress(OSError):
                status = os.stat(name)
                if status.st_dev == device and not status.st_nlink:
                    found[status.st_ino] = status.st_blocks * BLOCK
    return sum(found.values())


def hides_files(pid: int) -> bool:
    """Whether a process may have files without a name where ``unlinked`` does not find them.

    They are on their way in a socket, or mapped and not open; or it has seen to it that its user may not look.
    """
    for thread in listed(pid):
        place = f"/proc/{pid}/task/{thread}/fdinfo"
        try:
            names = os.listdir(place)
        except PermissionError:
            # Who is not the same user may not look at anybody's.
            if _user(pid) == os.geteuid():
                return True
            continue
        except OSError:
            continue
        for name in names:
            _, found, rest = _read(f"{place}/{name}").partition(b"\nscm_fds:")
            if found and int(rest.split()[0]):
                return True
    return any(line.endswith(b" (deleted)") for line in _read(f"/proc/{pid}/maps").splitlines())


def _user(pid: int) -> int | None:
    _, _, rest = _read(f"/proc/{pid}/status").partition(b"\nUid:")
    return int(rest.split()[0]) if rest else None


def _open(pid: int) -> Iterator[str]:
    """What a process has open, each as a link to it. A thread may have a table of its own."""
    for thread in listed(pid):
        with suppress(OSError), os.scandir(f"/proc/{pid}/task/{thread}/fd") as entries:
            yield from [entry.path for entry in entries]


def _process(pid: int) -> Process | None:
    # The second field is a name in parentheses, which may contain anything.
    _, _, rest = _read(f"/proc/{pid}/stat").rpartition(b") ")
    fields = rest.split()
    if len(fields) < 20:
        return None
    computed, buried = (sum(map(int, fields[first : first + 2])) / _TICK for first in (11, 13))
    return Process(
        pid,
        parent=int(fields[1]),
        at_work=fields[0] == b"R",
        started=int(fields[19]),
        threads=int(fields[17]),
        faults=int(fields[7]),
        computed=computed,
        buried=buried,
    )


def _kilobytes(path: str, *, strict: bool = False) -> dict[str, int]:
    """The bytes of every line that gives kilobytes."""
    found = {}
    for line in _read(path, strict=strict).splitlines():
        name, _, value = line.partition(b":")
        number, _, unit = value.strip().partition(b" ")
        if unit == b"kB" and number.isdigit():
            found[name.decode("ascii", "replace")] = int(number) << 10
    return found


def _read(path: str, *, strict: bool = False) -> bytes:
    """A file of the system's, whole.

    :raises OSError: if ``strict``; otherwise what cannot be read is empty.
    """
    try:
        with open(path, "rb", buffering=0) as file:
            return file.readall()
    except OSError:
        if strict:
            raise
        return b""
