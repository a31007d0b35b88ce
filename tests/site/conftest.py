"""The real site, built once, and a small course to spoil."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder import site
from autograder.course import Course
from tests.site.course import ROOT, small_course


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small course, in a folder where it may be changed."""
    return small_course(tmp_path)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real course's site; that it can be built without a remark is a part of every test that asks for it."""
    folder = tmp_path_factory.mktemp("site")
    return site.build(Course(ROOT, folder / "work"), folder / "out", strict=True)
