"""What a run leaves in its private directory, looked at from outside: facts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from autograder.control.recording import Who
from autograder.evidence import LeftFile, Phase

__all__ = ["Folder"]

_MOST = 2000
_DEEPEST = 20
FOREIGN = ("tmp/someone-else.tmp", "tmp/tmpk3ep1t.csv", "tmp/other-team/export.parquet")
"""Files of nobody's in this run, some named as ``tempfile`` names them: cleaning up must not touch them."""


@dataclass
class _Seen:
    path: str
    size: int
    who: Who
    phase: Phase


class Folder:
    """A scenario's private directory: ``work`` is the children's working directory, ``tmp`` their ``TMPDIR``."""

    def __init__(self, root: Path, moment: float, owner: int | None = None) -> None:
        """Put the foreign files there.

        :param moment: when they are to have been written last, in seconds since 1970.
        :param owner: the user whom all in it belongs to, unless ours.
        """
        self.root, self._owner = root, owner
        self._places = root / "work", root / "tmp"
        self.dropped = 0
        """How many times a file was seen of which there is no record."""
        self._seen: list[_Seen] = []
        self._there: dict[str, _Seen | None] = {}
        """What is there now, by path; None: beyond what is recorded."""
        root.mkdir(exist_ok=True)
        self.mend()
        for name in FOREIGN:
            path = root / name
            path.parent.mkdir(exist_ok=True)
            path.write_text("not yours\n")
            self._give(path.parent)
            self._give(path)
            os.utime(path, (moment - 60, moment - 60))
        self._foreign = {name: self._mark(name) for name in FOREIGN}

    def mend(self) -> None:
        """Both directories are there for the next child, whatever the last one did to them."""
        for folder in self._places:
            if folder.is_symlink() or not folder.is_dir():
                folder.unlink(missing_ok=True)
                folder.mkdir()
                self._give(folder)

    def _give(self, path: Path) -> None:
        if self._owner is not None:
            os.chown(path, self._owner, self._owner)

    def look(self, who: Who) -> None:
        """Note what is there now; what is new appeared during this execution, in its present phase."""
        found = dict(islice(self._files(), _MOST))
        for path in [path for path in self._there if path not in found and not self._exists(path)]:
            del self._there[path]
        for path, size in found.items():
            if path in self._there:
                continue
            seen = None
            if len(self._seen) < _MOST:
                seen = _Seen(path, size, who, who.phase)
                self._seen.append(seen)
            else:
                self.dropped += 1
            self._there[path] = seen

    def records(self) -> list[LeftFile]:
        """Every file that was ever seen, and whether it is still there."""
        own = [
            LeftFile(
                path=_shown(seen.path),
                size=seen.size,
                execution=seen.who.id,
                task_id=seen.who.task_id,
                map_index=seen.who.map_index,
                try_number=seen.who.try_number,
                phase=seen.phase,
                left=self._there.get(seen.path) is seen and self._exists(seen.path),
            )
            for seen in sorted(self._seen, key=lambda seen: (seen.path, seen.who.id))
        ]
        foreign = [
            LeftFile(
                path=name,
                size=mark[0] if mark else 0,
                execution=None,
                foreign=True,
                left=self._mark(name) == mark,
            )
            for name, mark in sorted(self._foreign.items())
        ]
        return own + foreign

    def _mark(self, name: str) -> tuple[int, ...] | None:
        """What changes with a file, if it is there."""
        try:
            status = os.lstat(self.root / name)
        except OSError:
            return None
        return status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns

    def _exists(self, path: str) -> bool:
        return os.path.lexists(os.path.join(self.root, path))

    def _files(self) -> Iterator[tuple[str, int]]:
        """Path and size of every file that is not foreign. A link counts as a file, wherever it leads."""
        # From the last to the first, for the next is taken from the end.
        todo = ["tmp", "work"]
        while todo:
            folder = todo.pop()
            below = []
            for entry in _entries(os.path.join(self.root, folder)):
                path = f"{folder}/{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != "__pycache__":
                        below.append(path)
                elif path not in FOREIGN:
                    with suppress(OSError):
                        yield path, entry.stat(follow_symlinks=False).st_size
            if folder.count("/") < _DEEPEST:
                todo += reversed(below)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """What is in a folder, within reason; nothing if it is none, or may not be read."""
    if os.path.islink(folder):
        return []
    try:
        with os.scandir(folder) as listing:
            return sorted(islice(listing, 2 * _MOST), key=lambda entry: entry.name)
    except OSError:
        return []


def _shown(path: str) -> str:
    """A path as text that can be stored, whatever bytes are in its name."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
