"""The submission's files as they were handed in, and which of them are others by now: seen from outside."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from itertools import islice
from pathlib import Path

from autograder.control.files import shown

__all__ = ["Handed"]

_MOST = 2000
_DEEPEST = 20
_LARGEST = 16 << 20
"""Bytes of a file that are read; of what is larger, size and times have to do."""

Mark = tuple[int, ...]


class Handed:
    """Looks at a folder, quickly where nothing has been touched.

    :param folder: the run's own copy of the submission.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._marks = dict(self._files())
        self._contents = {path: self._content(path) for path in self._marks}

    def changed(self) -> list[str]:
        """Files that are not as they were, or gone, or new; as paths in the folder, sorted."""
        marks = dict(self._files())
        touched = {
            path for path in marks.keys() | self._marks.keys() if marks.get(path) != self._marks.get(path)
        }
        return sorted(shown(path) for path in touched if self._content(path) != self._contents.get(path))

    def _files(self) -> Iterator[tuple[str, Mark]]:
        return islice(self._walk(), _MOST)

    def _walk(self) -> Iterator[tuple[str, Mark]]:
        todo = [""]
        while todo:
            below = todo.pop()
            for entry in self._entries(below):
                path = os.path.join(below, entry.name)
                if not entry.is_dir(follow_symlinks=False):
                    with suppress(OSError):
                        status = entry.stat(follow_symlinks=False)
                        # The last is the kernel's own: nobody can set it back.
                        yield path, (status.st_mode, status.st_ino, status.st_size, status.st_ctime_ns)
                elif entry.name != "__pycache__" and path.count("/") < _DEEPEST:
                    todo.append(path)

    def _entries(self, below: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(os.path.join(self._folder, below)) as listing:
                return sorted(islice(listing, _MOST), key=lambda entry: entry.name)
        except OSError:
            return []

    def _content(self, path: str) -> bytes | None:
        """A digest of the file, of what is no file or cannot be read a word; None: it is not there."""
        whole = os.path.join(self._folder, path)
        try:
            # Not through a link, and not waiting for whoever writes into a pipe.
            with open(os.open(whole, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
                size = os.fstat(file.fileno()).st_size
                return blake2b(file.read(_LARGEST) + str(size).encode()).digest()
        except OSError:
            return b"no file to read" if os.path.lexists(whole) else None
