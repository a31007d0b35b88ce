"""What processes cost: CPU seconds and memory of a whole tree, read from ``/proc``."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["cpu", "descendants", "memory"]

_TICKS = os.sysconf("SC_CLK_TCK")


def descendants(pid: int) -> list[int]:
    """The process and everything below it."""
    found = [pid]
    for parent in found:
        try:
            for thread in Path(f"/proc/{parent}/task").iterdir():
                found += [int(child) for child in (thread / "children").read_text().split()]
        except OSError:
            continue
    return found


def cpu(pid: int) -> float:
    """CPU seconds of the tree so far: of every process in it, and of the children each has already buried."""
    total = 0
    for each in descendants(pid):
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += sum(int(fields[index]) for index in (11, 12, 13, 14))
    return total / _TICKS


def memory(pid: int) -> dict[str, int]:
    """Megabytes of one process: ``rss`` (all that is resident) and ``private`` (shared with no other)."""
    fields = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value = line.split(":")
        fields[name] = int(value.split()[0])
    return {
        "rss": fields["Rss"] // 1024,
        "private": (fields["Private_Dirty"] + fields["Private_Clean"]) // 1024,
    }
