"""What a run leaves in its private directory, looked at from outside: facts."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from autograder.control.recording import Who
from autograder.evidence import LeftFile, Phase

__all__ = ["Folder", "shown"]

_MOST = 2000
_DEEPEST = 20
_PLACES = ("work", "tmp")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_CACHED = re.compile(r"/__pycache__/[^/]+\.pyc$")
"""What Python leaves by itself when it imports a module; a file that had another name is none of it."""
FOREIGN = ("tmp/someone-else.tmp", "tmp/tmpk3ep1t.csv", "tmp/other-team/export.parquet")
"""Files of nobody's in this run, some named as ``tempfile`` names them: cleaning up must not touch them."""


@dataclass(eq=False)
class _Seen:
    path: str
    size: int
    who: Who
    phase: Phase
    remover: Who | None = None
    """Who ran when it was found to be gone."""
    removed: Phase | None = None


class Folder:
    """A scenario's private directory: ``work`` is the children's working directory, ``tmp`` their ``TMPDIR``."""

    def __init__(self, root: Path, moment: float, owner: int | None = None) -> None:
        """Put the foreign files there.

        :param root: its parent must be ours alone. What is below it is never reached by its path: learners' processes
            may be at work there, and put a link where a folder has been a moment ago.
        :param moment: when they are to have been written last, in seconds since 1970.
        :param owner: the user whom all in it belongs to, unless ours.
        """
        self.root, self._owner = root, owner
        self.dropped = 0
        """How many times there were files of which there is no record."""
        self._seen: list[_Seen] = []
        self._inodes: set[int] = set()
        """Of every file that was there at the last look, by which it is known under another name."""
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
        """Both directories are there for the next child, which may enter them, whatever the last one did to them."""
        for name in _PLACES:
            folder = self.root / name
            found = self._status(name)
            if found is None or not stat.S_ISDIR(found.st_mode):
                folder.unlink(missing_ok=True)
                folder.mkdir()
                self._give(folder)
            elif found.st_mode & stat.S_IRWXU != stat.S_IRWXU:
                folder.chmod(found.st_mode | stat.S_IRWXU)

    def _give(self, path: Path) -> None:
        if self._owner is not None:
            os.chown(path, self._owner, self._owner, follow_symlinks=False)

    def look(self, who: Who) -> None:
        """Note what is there now; what is new appeared during this execution, in its present phase."""
        files = self._files()
        found = dict(islice(files, _MOST))
        self.dropped += any(True for _ in files)
        for path in [path for path in self._there if path not in found and not self._exists(path)]:
            seen = self._there.pop(path)
            if seen is None:
                continue
            # Where its own task is still at work, it goes before that one's outcome, by whomever's callback.
            early = seen.who.phase == "before" and not seen.who.address.gone
            seen.remover, seen.removed = who, "before" if early else who.phase
            if seen.who is who and seen.phase == who.phase == "before":
                # Its own work has made and removed it: it was there at no barrier.
                self._seen.remove(seen)
        # A number that is free again is soon another file's.
        self._inodes = {status.st_ino for status in found.values() if status is not None}
        for path, status in found.items():
            if path in self._there:
                continue
            seen = None
            if len(self._seen) < _MOST:
                seen = _Seen(path, 0 if status is None else status.st_size, who, who.phase)
                self._seen.append(seen)
            else:
                self.dropped += 1
            self._there[path] = seen

    def records(self) -> list[LeftFile]:
        """Every file that was ever seen, and whether it is still there."""
        own = [
            LeftFile(
                path=shown(seen.path),
                size=seen.size,
                execution=seen.who.id,
                task_id=seen.who.task_id,
                map_index=seen.who.map_index,
                try_number=seen.who.try_number,
                phase=seen.phase,
                removed=seen.removed,
                remover=None if seen.remover is None else seen.remover.id,
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
        status = self._status(name)
        return (
            None
            if status is None
            else (status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns)
        )

    def _exists(self, path: str) -> bool:
        return self._status(path) is not None

    def _status(self, path: str) -> os.stat_result | None:
        """Of what is at this path, which leads through no link; None: there is nothing."""
        folder, _, name = path.rpartition("/")
        try:
            with _opened(self.root, folder) as place:
                return os.lstat(name, dir_fd=place)
        except OSError:
            return None

    def _files(self) -> Iterator[tuple[str, os.stat_result | None]]:
        """Every file that is not foreign, by its path. A link counts as a file, wherever it leads.

        So does, as None, a folder into which we cannot look: it is there to hide something, or might be.
        """
        # From the last to the first, for the next is taken from the end.
        todo = [*reversed(_PLACES)]
        looked = 0
        while todo:
            folder = todo.pop()
            looked += 1
            entries = None
            if folder.count("/") <= _DEEPEST and looked <= _MOST:
                entries = _entries(self.root, folder)
            if entries is None:
                yield folder, None
                continue
            below = []
            for name, status in entries:
                path = f"{folder}/{name}"
                if stat.S_ISDIR(status.st_mode):
                    below.append(path)
                elif path not in FOREIGN and (status.st_ino in self._inodes or not _CACHED.search(path)):
                    yield path, status
            todo += reversed(below)


@contextmanager
def _opened(root: Path, folder: str) -> Iterator[int]:
    """A descriptor of a folder below this one, to which no link leads, wherever it is moved meanwhile.

    :raises OSError: when there is none, or it may not be entered.
    """
    place = os.open(root, _FOLDER)
    try:
        for name in filter(None, folder.split("/")):
            below = os.open(name, _FOLDER, dir_fd=place)
            os.close(place)
            place = below
        yield place
    finally:
        os.close(place)


def _entries(root: Path, folder: str) -> list[tuple[str, os.stat_result]] | None:
    """What is in a folder, within reason, by name.

    Nothing when the folder itself is none any more; None when it may not be read.
    """
    found: list[tuple[str, os.stat_result]] = []
    try:
        with _opened(root, folder) as place, os.scandir(place) as listing:
            for entry in islice(listing, 2 * _MOST):
                with suppress(OSError):
                    found.append((entry.name, entry.stat(follow_symlinks=False)))
    except PermissionError:
        return None
    except OSError:
        return []
    return sorted(found, key=lambda each: each[0])


def shown(path: str) -> str:
    """A path as text that can be stored, whatever bytes are in its name."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
