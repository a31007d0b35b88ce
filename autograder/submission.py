"""What was handed in: found, validated and copied into memory. Never run."""

from __future__ import annotations

import ast
import errno
import os
import re
import stat
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from autograder.catalog import Exercise
from autograder.evidence import Problem

__all__ = ["LARGEST", "Submission", "SubmissionError", "find", "made_of", "with_neighbours"]

LARGEST = 1 << 20
"""Bytes of one file."""
_MOST = 12
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+", re.ASCII)


class SubmissionError(Exception):
    """Nothing that could be graded was handed in: no grade, exit code 2."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.title)
        self.problem = problem


@dataclass(frozen=True)
class Submission:
    """A private copy: what happens to the files from now on does not matter."""

    name: str
    """What was handed in, as the learner named it."""
    files: dict[str, bytes]
    """By the names that the exercise expects."""
    entry: str
    """The first of them: the DAG, where there is one."""
    problem: Problem | None = None
    """A syntax error. It is graded: outcome ``error``, no points."""
    ignored: tuple[str, ...] = ()
    """Python files beside them that are not handed in, although they name them."""

    def write(self, folder: Path) -> None:
        """Put the copies into a folder."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def find(path: Path | None, exercise: Exercise, work: Path) -> Submission:
    """What is to be graded: a file, a folder with the exercise's files, or by default ``work/<slug>/``.

    :raises SubmissionError: when it is missing, unreadable, empty, too large, not UTF-8, or a link to what was not
        handed in.
    """
    given = path if path is not None else work / exercise.slug
    shown = os.fspath(given)
    mode = _mode(given, path is None, exercise)
    if stat.S_ISDIR(mode):
        sources = {name: given / name for name in exercise.files}
        ignored = _ignored(given, exercise)
    else:
        sources, ignored = _single(given, exercise), ()
    files = {}
    for name, source in sources.items():
        try:
            files[name] = _read(source)
        except FileNotFoundError:
            _stay(source, given)
            if not stat.S_ISDIR(mode):
                raise _error(f"{given} vanished while we looked.", given) from None
            raise _absent(name, given, path is None, exercise) from None
        _stay(source, given)
    text = b"\n".join(files.values()).decode("utf-8", "replace")
    missed = tuple(name for name in ignored if re.search(rf"\b{re.escape(Path(name).stem)}\b", text))
    return made_of(shown, files, exercise, missed)


def made_of(
    name: str, files: dict[str, bytes], exercise: Exercise, ignored: tuple[str, ...] = ()
) -> Submission:
    """A submission of these contents, by the names that the exercise expects."""
    return Submission(name, files, exercise.files[0], _syntax(files), ignored)


def with_neighbours(found: Submission, folder: Path) -> Submission:
    """The same, and the modules beside it that it names, and those that they name.

    A module is named by an import, or by a string such as ``"alerts.tell"``, which is how Airflow refers to a callback
    that another process imports.

    :raises SubmissionError: when one of them is unreadable, empty, too large or not UTF-8.
    """
    files = dict(found.files)
    looked_at: set[str] = set()
    while unread := [name for name in files if name not in looked_at]:
        looked_at.update(unread)
        for name in unread:
            for module in _modules(files[name]):
                path = folder / f"{module}.py"
                if path.name not in files and path.is_file():
                    files[path.name] = _read(path)
    return replace(found, files=files, problem=_syntax(files))


def _modules(content: bytes) -> Iterator[str]:
    """The first parts of the names of the modules that this text names; none, if it is not Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _DOTTED.fullmatch(node.value):
            yield node.value.partition(".")[0]


def _mode(given: Path, default: bool, exercise: Exercise) -> int:
    try:
        return given.stat().st_mode
    except FileNotFoundError:
        if default:
            raise _error(f"There is nothing in {given} yet.", given, _start(exercise)) from None
        raise _error(f"There is no file or folder {given}.", given, "Is the name spelt right?") from None
    except OSError as error:
        raise _unreadable(given, error) from error


def _single(given: Path, exercise: Exercise) -> dict[str, Path]:
    if len(exercise.files) > 1:
        expected = ", ".join(exercise.files)
        raise _error(
            f"Exercise {exercise.slug} hands in several files ({expected}), and {given} is one.",
            given,
            "Name the folder that holds them.",
        )
    suffix = PurePosixPath(exercise.files[0]).suffix
    if given.suffix != suffix:
        was = f"ends in {given.suffix}" if given.suffix else "has no suffix"
        advice = (
            "Unpack it, and name the file in it." if given.suffix == ".zip" else f"Name the {suffix} file."
        )
        raise _error(f"Exercise {exercise.slug} hands in a {suffix} file, and {given} {was}.", given, advice)
    return {exercise.files[0]: given}


def _stay(source: Path, given: Path) -> None:
    """Refuse a link out of what was handed in: it would be answered with a solution, or with our own secrets."""
    where, root = Path(os.path.realpath(source)), Path(os.path.realpath(given))
    if given.is_symlink() if source == given else not where.is_relative_to(root):
        title = f"{source} is a link to {where}, and only what is handed in itself is read."
        raise _error(title, source, "Put a copy of the file in its place.")


def _ignored(folder: Path, exercise: Exercise) -> tuple[str, ...]:
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.name.endswith(".py"))
    except OSError as error:
        raise _unreadable(folder, error) from error
    return tuple(name for name in names if name not in exercise.files)


def _read(source: Path) -> bytes:
    try:
        # Opened without waiting, for a named pipe would hang us; what was opened is then looked at.
        handle = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            mode = os.fstat(handle).st_mode
            if stat.S_ISDIR(mode):
                raise _error(f"{source} is a folder; a file is expected there.", source)
            if not stat.S_ISREG(mode):
                raise _error(f"{source} is not a regular file.", source)
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno == errno.EISDIR:
            raise _error(f"{source} is a folder; a file is expected there.", source) from error
        raise _unreadable(source, error) from error
    if len(content) > LARGEST:
        raise _error(f"{source} is larger than {LARGEST >> 20} MB.", source, "Keep data out of it.")
    if not content.strip():
        raise _error(f"{source} is empty.", source, "Is it saved?")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        title = f"{source} is not UTF-8 text: byte 0x{content[error.start]:02x} in line {line}."
        advice = "Save it with the encoding UTF-8."
        raise SubmissionError(Problem(title=title, file=str(source), line=line, advice=advice)) from error
    return content


def _absent(name: str, folder: Path, default: bool, exercise: Exercise) -> SubmissionError:
    """A file that the exercise hands in is not in the folder, or vanished while we looked."""
    try:
        there = sorted(
            f"{path.name}/" if path.is_dir() else path.name
            for path in folder.iterdir()
            if not path.name.startswith(".")
        )
    except OSError:
        return _error(f"{folder} vanished while we looked.", folder)
    title = f"Exercise {exercise.slug} hands in {', '.join(exercise.files)}, and there is no {name} in"
    title += f" {folder.absolute() if folder == Path() else folder}"
    title += f": it has {', '.join(there[:_MOST])}." if there else ": it is empty."
    return _error(title, folder, _start(exercise) if default else "")


def _start(exercise: Exercise) -> str:
    return f"Get the starter first: autograder start {exercise.number:02}"


def _syntax(files: dict[str, bytes]) -> Problem | None:
    """The first syntax error of the first file that has one."""
    for name, content in files.items():
        if not name.endswith(".py"):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(content, name, "exec", dont_inherit=True)
        except SyntaxError as error:
            return _syntax_problem(name, content, error)
        except (ValueError, RecursionError, MemoryError, OverflowError) as error:
            title = f"{name} is not Python that can be compiled: {error or type(error).__name__}."
            return Problem(title=title, file=name)
    return None


def _syntax_problem(name: str, content: bytes, error: SyntaxError) -> Problem:
    lines = content.decode("utf-8").splitlines()
    number = error.lineno or 1
    # Not the error's own text: Python may take that from a file of this name in the folder that we are in.
    text = lines[number - 1] if number <= len(lines) else ""
    shown = text.lstrip()
    detail = f"    {shown}" if shown else ""
    if shown and error.offset:
        indent = max(error.offset - 1 - (len(text) - len(shown)), 0)
        until = (
            error.end_offset if error.end_lineno == error.lineno and error.end_offset else error.offset + 1
        )
        width = max(min(until - error.offset, len(shown) - indent), 1)
        detail += "\n    " + " " * indent + "^" * width
    kind = "An indentation error" if isinstance(error, IndentationError) else "A syntax error"
    return Problem(
        title=f"{kind}: {error.msg} ({name}, line {number}).",
        detail=detail,
        file=name,
        line=number,
        advice="Mend this line, or what is open before it: Python cannot read on; nothing of it was run.",
    )


def _error(title: str, path: Path, advice: str = "") -> SubmissionError:
    return SubmissionError(Problem(title=title, file=str(path), advice=advice))


def _unreadable(path: Path, error: OSError) -> SubmissionError:
    if error.errno == errno.ELOOP:
        return _error(f"{path} is a symbolic link that leads back to itself.", path)
    if error.errno == errno.ENOTDIR:
        return _error(f"There is no file or folder {path}.", path, "A part of the path is a file.")
    if error.errno == errno.ENAMETOOLONG:
        return _error(f"{path} is too long a name.", path)
    return _error(f"{path} cannot be read: {error.strerror}.", path, "May you read it yourself?")
