"""What there is of processes, mounts, namespaces, descriptors and files, so that what was left behind is seen."""

from __future__ import annotations

import os
import re
import stat
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["MARK", "Snapshot", "below", "left"]

MARK = "hostile-plant"
"""In the name of everything that a hostile submission makes outside its own folders, or tries to."""
KEY = 0x0BADC0DE
"""The key of everything that one makes of System V's shared memory, semaphores and queues."""
_PATIENCE = 3.0
"""Seconds within which what was left behind may still go."""
_WHERE = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run", "/var/lock", "/")


@dataclass(frozen=True)
class Snapshot:
    """How things stand at one moment, as names and how often each is there."""

    processes: Counter[str]
    namespaces: Counter[str]
    """Namespaces by kind, of the processes that were looked at."""
    mounts: Counter[str]
    descriptors: Counter[str]
    scratch: Counter[str]
    elsewhere: Counter[str]
    """Files, abstract sockets and System V objects with the mark of a hostile submission."""

    @classmethod
    def of(cls, driver: int, folders: list[Path]) -> Snapshot:
        """Of the processes below the driver and itself, and in these folders.

        What of them may not be looked at (another user's processes, say) is left out of every snapshot alike.
        """
        family = [driver, *below(driver)]
        kinds: Counter[str] = Counter()
        spaces: Counter[str] = Counter()
        mounts: Counter[str] = Counter()
        descriptors: Counter[str] = Counter()
        seen: set[str] = set()
        for pid in family:
            try:
                name = _name(pid)
                kinds[name] += 1
                new = {os.readlink(f"/proc/{pid}/ns/{kind}") for kind in os.listdir(f"/proc/{pid}/ns")}
                spaces.update(space.partition(":")[0] for space in new - seen)
                seen |= new
                lines = Path(f"/proc/{pid}/mountinfo").read_text().splitlines()
                mounts.update(f"{name}: {' '.join(line.split()[3:])}" for line in lines)
                for number in os.listdir(f"/proc/{pid}/fd"):
                    with suppress(OSError):
                        target = os.readlink(f"/proc/{pid}/fd/{number}")
                        descriptors[f"{name}: {_masked(target)}"] += 1
            except OSError:
                continue
        scratch = Counter(name for folder in folders for name in _listed(folder))
        return cls(kinds, spaces, mounts, descriptors, scratch, Counter(_elsewhere()))

    def beyond(self, before: Snapshot) -> list[str]:
        """What is there now and was not before, a sentence each."""
        found = []
        for noun in ("processes", "namespaces", "mounts", "descriptors", "scratch", "elsewhere"):
            more: Counter[str] = getattr(self, noun) - getattr(before, noun)
            found += [f"left behind: {count} × {name} ({noun})" for name, count in sorted(more.items())]
        return found


def left(before: Snapshot, driver: int, folders: list[Path]) -> list[str]:
    """What was left behind since then, when all that goes by itself has had a moment to go."""
    until = time.monotonic() + _PATIENCE
    while True:
        found = Snapshot.of(driver, folders).beyond(before)
        if not found or time.monotonic() > until:
            return found
        time.sleep(0.02)


def below(pid: int) -> list[int]:
    """Every process below this one, in whatever namespaces they are."""
    parents: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with suppress(OSError):
                # After the name, which may hold anything: state, then the parent.
                fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
                parents.setdefault(int(fields[1]), []).append(int(entry))
    found, todo = [], [pid]
    while todo:
        children = parents.get(todo.pop(), [])
        found += children
        todo += children
    return found


def _name(pid: int) -> str:
    """What a process is by: its program's arguments without numbers, its user and how deep its pid namespace is."""
    words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    status = dict(
        line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line
    )
    depth = len(status.get("NSpid", "0").split())
    state = " (zombie)" if status["State"].startswith("Z") else ""
    return f"{_masked(words.strip()[-60:])} of uid {status['Uid'].split()[0]} at depth {depth}{state}"


def _masked(text: str) -> str:
    return re.sub(r"(?<=[-/])[a-z0-9_]{8}(?=/|$)", "…", re.sub(r"\d+", "N", text))


def _listed(folder: Path, depth: int = 3) -> list[str]:
    """The names below a folder, as deep as is ours; a learner's folders are as deep as they like."""
    found = []
    with suppress(OSError):
        for entry in os.scandir(folder):
            found.append(_masked(entry.path))
            if depth > 1 and stat.S_ISDIR(entry.stat(follow_symlinks=False).st_mode):
                found += _listed(Path(entry.path), depth - 1)
    return found


def _elsewhere() -> list[str]:
    found = []
    for folder in (*_WHERE, Path.home(), *(path.parent for path in Path("/dev/shm").glob("*/"))):
        with suppress(OSError):
            found += [f"{folder}/{name}" for name in os.listdir(folder) if MARK in name]
    with suppress(OSError):
        found += [
            line.split()[-1] for line in Path("/proc/net/unix").read_text().splitlines() if MARK in line
        ]
    for kind in ("shm", "sem", "msg"):
        with suppress(OSError):
            lines = Path(f"/proc/sysvipc/{kind}").read_text().splitlines()[1:]
            found += [f"System V {kind}" for line in lines if int(line.split()[0]) == KEY]
    return found
