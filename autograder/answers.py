"""The answers that an exercise is proved with: right ones, wrong ones, and those that earn nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import whatthepatch  # type: ignore[import-untyped]
from whatthepatch.exceptions import HunkException  # type: ignore[import-untyped]

from autograder.catalog import Exercise

__all__ = ["EVERYTHING", "Answer", "AnswerError", "answers", "solution_files"]

Kind = Literal["solution", "right", "wrong", "starter", "empty", "bare"]
EVERYTHING = "everything"
"""In place of check names: what cannot be run at all loses everything."""


class AnswerError(Exception):
    """An answer that cannot be read as it is. The text is a sentence."""


@dataclass(frozen=True)
class Answer:
    """One answer, kept because of what it must earn."""

    kind: Kind
    name: str
    files: dict[str, bytes]
    sentence: str = ""
    """What is wrong with a wrong answer."""
    loses: frozenset[str] = frozenset()
    """The checks that a wrong answer fails."""


def solution_files(exercise: Exercise) -> dict[str, bytes]:
    """The model solution.

    :raises AnswerError: when a file of it is missing.
    """
    return _folder(exercise, exercise.solution)


def answers(exercise: Exercise) -> Iterator[tuple[Kind, str, Answer | AnswerError]]:
    """Every answer that there is or must be; an error in place of one that cannot be read."""
    home = exercise.solution
    sources: list[tuple[Kind, Path]] = [
        ("solution", home),
        *(("right", path) for path in _entries(home / "right")),
        ("bare", home / "bare" if (home / "bare").is_dir() else home / "bare.py"),
        ("starter", exercise.starter),
    ]
    for kind, path in sources:
        name = path.stem if kind == "right" else kind
        try:
            yield kind, name, Answer(kind, name, _either(exercise, path))
        except AnswerError as error:
            yield kind, name, error
    yield "empty", "empty", Answer("empty", "empty", {name: _nothing(name) for name in exercise.files})
    for path in _entries(home / "wrong"):
        try:
            yield "wrong", path.stem, _wrong(exercise, path)
        except AnswerError as error:
            yield "wrong", path.stem, error


def _entries(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.name[0] not in "._")


def _either(exercise: Exercise, path: Path) -> dict[str, bytes]:
    """An answer of one file under any name, or a folder."""
    if path.is_dir():
        return _folder(exercise, path)
    if len(exercise.files) > 1:
        raise AnswerError(f"{path} is one file, but {len(exercise.files)} are handed in: make it a folder")
    return {exercise.files[0]: _read(path)}


def _folder(exercise: Exercise, folder: Path) -> dict[str, bytes]:
    return {name: _read(folder / name) for name in exercise.files}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AnswerError(f"{path} cannot be read: {error.strerror}") from error


def _nothing(name: str) -> bytes:
    return b'"""Nothing yet."""\n' if name.endswith(".py") else b"\n"


def _wrong(exercise: Exercise, path: Path) -> Answer:
    if path.suffix != ".patch":
        raise AnswerError(f"{path} is not a patch: a wrong answer is a unified diff against the solution")
    text = _read(path).decode("utf-8", "replace")
    start = re.search(r"^(?:diff --git |--- )", text, re.M)
    if start is None:
        raise AnswerError(f"{path} has no diff in it")
    sentence, loses = _header(exercise, path, text[: start.start()])
    files = _patched(path, text[start.start() :], solution_files(exercise))
    return Answer("wrong", path.stem, files, sentence, loses)


def _header(exercise: Exercise, path: Path, text: str) -> tuple[str, frozenset[str]]:
    said, sign, named = text.partition("loses:")
    sentence = " ".join(said.split())
    if not sign or not sentence:
        raise AnswerError(f"{path} must begin with one sentence, then `loses: check, …`")
    if not sentence.endswith((".", "!", "?")):
        raise AnswerError(f"{path} begins with {sentence!r}, which is no sentence: it does not end")
    names = frozenset(re.split(r"[,\s]+", named.strip())) - {""}
    if not names:
        raise AnswerError(f"{path} names no check that it loses")
    if unknown := sorted(names - {spec.id for spec in exercise.checks} - {EVERYTHING}):
        raise AnswerError(f"{path} loses {unknown[0]!r}, which is no check")
    return sentence, names


def _patched(path: Path, text: str, files: dict[str, bytes]) -> dict[str, bytes]:
    _hold_hunks(path, text)
    found = dict(files)
    # One file at a time: the parser takes a plain diff of two files for one file's.
    pieces = (one for piece in _FILE.split(text) for one in whatthepatch.parse_patch(piece))
    for diff in (piece for piece in pieces if piece.changes):
        name = re.sub(r"^[ab]/", "", diff.header.new_path) if diff.header else ""
        if name not in found:
            raise AnswerError(f"{path} changes {name!r}, which the exercise does not hand in")
        try:
            lines = whatthepatch.apply_diff(diff, found[name].decode("utf-8"))
        except HunkException as error:
            raise AnswerError(f"{path} does not fit the solution any more: {error}") from error
        found[name] = ("\n".join(lines) + "\n").encode()
    if found == files:
        raise AnswerError(f"{path} changes nothing")
    return found


_FILE = re.compile(r"^(?=--- .+\n\+\+\+ )", re.M)
_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")


def _hold_hunks(path: Path, text: str) -> None:
    """Hold what each hunk's header announces against its lines: the parser would silently leave some out."""
    lines = text.splitlines()
    number = at = 0
    while at < len(lines):
        header = _HUNK.match(lines[at])
        at += 1
        if header is None:
            continue
        number += 1
        old, new = int(header[1] or 1), int(header[2] or 1)
        while (old or new) and at < len(lines) and lines[at][:1] in " +-":
            mark = lines[at][:1] or " "
            old, new, at = old - (mark in " -"), new - (mark in " +"), at + 1
        more = at < len(lines) and re.match(r"[ +]|-(?!-- )", lines[at])
        if old or new or more:
            raise AnswerError(f"{path}: hunk {number} does not have as many lines as its header announces")
