"""Submissions of any content and shape: found and read, or refused with a sentence."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path

from hypothesis import strategies as st

from autograder import catalog, submission
from autograder.catalog import Exercise
from autograder.evidence import Problem
from autograder.submission import LARGEST, SubmissionError

__all__ = ["content", "shape", "shapes"]

_COURSE = Path(__file__).resolve().parents[1] / "data" / "course"


@cache
def _exercise() -> Exercise:
    return catalog.load(_COURSE).find("1")


def _sound(problem: Problem | None) -> None:
    """It can be stored and read again, and is a sentence."""
    if problem is not None:
        assert Problem.model_validate_json(problem.model_dump_json()) == problem
        assert problem.title.strip()


def _find(path: Path, folder: Path) -> None:
    try:
        found = submission.find(path, _exercise(), folder)
        found = submission.with_neighbours(found, path if path.is_dir() else path.parent)
    except SubmissionError as error:
        _sound(error.problem)
        return
    _sound(found.problem)
    assert found.entry in found.files
    assert all(0 < len(data) <= LARGEST and data.decode() for data in found.files.values())
    assert all("/" not in name and name not in ("", ".", "..") for name in found.files)
    target = folder / "written"
    target.mkdir()
    found.write(target)
    assert sorted(path.name for path in target.rglob("*")) == sorted(found.files)


def content(data: bytes) -> None:
    """A file of these bytes."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        path = Path(folder) / "dag.py"
        path.write_bytes(data)
        _find(path, Path(folder))


Shape = dict[str, tuple[str, bytes]]
"""Of every path in a folder: what it is, and what is in it or where it leads."""

_NAMES = st.one_of(
    st.sampled_from(
        ["dag.py", "alerts.py", "dag.py/x", "a/b.py", "__pycache__/dag.py", ".hidden", "dag.pyc", "x" * 255]
    ),
    st.text(
        alphabet=st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=12
    ),
)
_CONTENTS = st.one_of(
    st.sampled_from(
        [b"import alerts\n", b'X = "alerts.tell"\n', b"from alerts import *\n", b" ", b"\xff", b"x = 1\n"]
    ),
    st.binary(max_size=40),
)


def shapes() -> st.SearchStrategy[Shape]:
    """Folders of files, folders, links and pipes."""
    leads = st.sampled_from(
        [b"dag.py", b".", b"..", b"alerts.py", b"/dev/zero", b"/etc/passwd", b"missing", b"loop"]
    )
    one = st.one_of(
        st.tuples(st.just("file"), _CONTENTS),
        st.tuples(st.just("file"), _CONTENTS),
        st.tuples(st.just("link"), leads),
        st.tuples(st.sampled_from(["folder", "pipe", "closed"]), st.just(b"")),
    )
    return st.dictionaries(_NAMES, one, max_size=5)


def shape(given: Shape) -> None:
    """A folder of this shape, and each file of it by itself."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as root:
        folder = Path(root) / "given"
        folder.mkdir()
        for name, (kind, data) in given.items():
            _make(folder / name, kind, data)
        for number, path in enumerate([folder, *sorted(folder.iterdir())]):
            _find(path, _empty(Path(root) / str(number)))


def _empty(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _make(path: Path, kind: str, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == "link":
            path.symlink_to(data.decode())
        elif kind == "folder":
            path.mkdir()
        elif kind == "pipe":
            os.mkfifo(path)
        else:
            path.write_bytes(data)
            path.chmod(0 if kind == "closed" else 0o600)
    except OSError:
        pass  # names that cannot be, or that are taken
