"""A cell as the learner's file: saved whole or not at all, and never over something that only the file had."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Course

__all__ = ["Saved", "save"]

_FIRST = "# From a notebook's cell, {magic}: line numbers here are those of the cell."
_OURS = re.compile(r"# From a notebook's cell, %%dag.*")


@dataclass(frozen=True)
class Saved:
    """A file that now holds what the cell held."""

    path: Path
    backup: Path | None = None
    """Where its content went that no cell had written."""


def save(course: Course, slug: str, name: str, cell: str, magic: str, starter: Path | None = None) -> Saved:
    """Write a cell to ``work/<slug>/<name>``.

    The cell's first line holds the magic; in the file a comment takes its place, so that line numbers agree.

    :param starter: a file that needs no backup as long as nobody has changed it.
    :raises OSError: when it cannot be written.
    """
    path = course.work / slug / name
    content = _content(cell, magic).encode("utf-8", "replace")
    marks = course.work / ".cache" / "cells" / f"{slug}.json"
    written = _marks(marks)
    backup = None
    there = _read(path)
    if there != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _part(path, content) as part:
            # Only now: where the new file cannot be written, the old one stays where it is.
            if there is not None and not _known(there, written.get(name), starter):
                backup = _back_up(course, slug, name)
            part.replace(path)
    if written.get(name) != _digest(content):
        marks.parent.mkdir(parents=True, exist_ok=True)
        with _part(marks, json.dumps(written | {name: _digest(content)}).encode()) as part:
            part.replace(marks)
    return Saved(path, backup)


def _content(cell: str, magic: str) -> str:
    first, sign, rest = cell.partition("\n")
    if _OURS.fullmatch(first):
        # The file was made into a notebook again, its first line too.
        cell = f"{sign}{rest}"
    return f"{_FIRST.format(magic=magic)}\n{cell.rstrip()}\n"


def _known(content: bytes, digest: str | None, starter: Path | None) -> bool:
    return _digest(content) == digest or (starter is not None and content == _read(starter))


def _back_up(course: Course, slug: str, name: str) -> Path:
    from autograder.workbooks import back_up

    return back_up(course, slug, [name]) / name


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _marks(path: Path) -> dict[str, str]:
    with suppress(OSError, ValueError):
        found = json.loads(path.read_bytes())
        if isinstance(found, dict):
            return found
    return {}


@contextmanager
def _part(path: Path, content: bytes) -> Iterator[Path]:
    """A file with the content beside ``path``, to take its place."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        yield part
    finally:
        part.unlink(missing_ok=True)
