"""What a run leaves in its private directory, looked at from outside: facts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.control.recording import Who
from autograder.evidence import LeftFile, Phase

__all__ = ["Folder"]

_MOST = 2000
FOREIGN = ("tmp/someone-else.tmp", "tmp/tmpk3ep1t.csv", "tmp/other-team/export.parquet")
"""Files of nobody's in this run, some named as ``tempfile`` names them: cleaning up must not touch them."""


@dataclass
class _Seen:
    size: int
    who: Who | None
    phase: Phase | None
    mark: tuple[int, int]


class Folder:
    """A scenario's private directory: ``work`` is the children's working directory, ``tmp`` their ``TMPDIR``."""

    def __init__(self, root: Path, moment: float) -> None:
        self.root = root
        self.cwd, self.tmp = root / "work", root / "tmp"
        self._seen: dict[str, _Seen] = {}
        for folder in (self.cwd, self.tmp):
            folder.mkdir(parents=True)
        for name in FOREIGN:
            path = root / name
            path.parent.mkdir(exist_ok=True)
            path.write_text("not yours\n")
            os.utime(path, (moment - 60, moment - 60))
        self._foreign = {path: seen.mark for path, seen in self._look(None)}

    def look(self, who: Who | None) -> None:
        """Note what is there now; what is new appeared during this execution, in its present phase."""
        for path, seen in self._look(who):
            self._seen.setdefault(path, seen)

    def records(self) -> list[LeftFile]:
        """Every file that was ever seen, and whether it is still there."""
        there = dict(self._look(None))
        self._seen = {path: seen for path, seen in self._seen.items() if path not in self._foreign}
        own = [
            LeftFile(
                path=path,
                size=seen.size,
                execution=seen.who.id if seen.who else None,
                task_id=seen.who.task_id if seen.who else None,
                map_index=seen.who.map_index if seen.who else -1,
                try_number=seen.who.try_number if seen.who else None,
                phase=seen.phase,
                left=path in there,
            )
            for path, seen in sorted(self._seen.items())
        ]
        foreign = [
            LeftFile(
                path=path,
                size=mark[0],
                execution=None,
                foreign=True,
                left=path in there and there[path].mark == mark,
            )
            for path, mark in sorted(self._foreign.items())
        ]
        return own + foreign

    def _look(self, who: Who | None) -> Iterator[tuple[str, _Seen]]:
        phase = who.phase if who else None
        left = _MOST
        for base in (self.cwd, self.tmp):
            for entry in _files(base):
                left -= 1
                if left < 0:
                    return
                try:
                    stat = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                path = os.path.relpath(entry.path, self.root).replace(os.sep, "/")
                yield path, _Seen(stat.st_size, who, phase, (stat.st_size, stat.st_mtime_ns))


def _files(folder: Path | str, depth: int = 0) -> Iterator[os.DirEntry[str]]:
    if depth > 20:
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if entry.name != "__pycache__":
                yield from _files(entry.path, depth + 1)
        else:
            yield entry
