"""What the pages show is what happens: every recorded run is recorded again, and nothing lies about unused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autograder.lessons import Lesson, Shown
from tests.lessons.conftest import LESSONS, Recorder
from tools.record import ROOT

SHOWN = [
    pytest.param(lesson, shown, id=f"{lesson.slug}-{shown.name}")
    for lesson in LESSONS
    for shown in lesson.runs
]
EACH = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.slug)
INCLUDED = re.compile(r"""--8<--\s+["']([^"':]+)""")


@pytest.mark.parametrize(("lesson", "shown"), SHOWN)
def test_recorded_again_it_is_the_same(lesson: Lesson, shown: Shown, recorder: Recorder) -> None:
    kept = {
        path.suffix[1:]: path.read_text(encoding="utf-8") for path in lesson.recorded.glob(f"{shown.name}.*")
    }
    assert recorder(lesson, shown).files == kept, "`make record` writes it down anew"


@EACH
def test_every_recorded_file_is_of_a_run_and_is_shown(lesson: Lesson) -> None:
    names = {shown.name for shown in lesson.runs}
    files = list(lesson.recorded.glob("*"))
    assert {path.stem for path in files} == names
    page = included(lesson)
    for name in names:
        assert any(path.parent == lesson.recorded and path.stem == name for path in page), (
            f"{name} is never shown"
        )


@EACH
def test_every_file_of_code_is_used(lesson: Lesson) -> None:
    """By the page, by the lab, or by pytest."""
    lab = lesson.folder / "lab.ipynb"
    said = lab.read_text(encoding="utf-8") if lab.is_file() else ""
    page = included(lesson)
    for path in lesson.code.rglob("*.py"):
        used = path in page or path.name in said or path.name.startswith("test_")
        assert used, f"{path.relative_to(ROOT)} is included by nothing"


@EACH
def test_every_dag_of_code_is_played(lesson: Lesson) -> None:
    """By a run that is recorded, or by the lesson's own tests."""
    tests = Path(__file__).with_name(f"test_{lesson.slug.replace('-', '_')}.py").read_text(encoding="utf-8")
    commands = " ".join(shown.command for shown in lesson.runs)
    for path in lesson.code.rglob("*.py"):
        if re.search(r"\bDAG\(|^@dag\b", path.read_text(encoding="utf-8"), re.M):
            name = path.relative_to(lesson.code).as_posix()
            assert f'"{name}"' in tests or f"code/{name}" in commands, (
                f"{path.relative_to(ROOT)} is never played"
            )


def included(lesson: Lesson) -> set[Path]:
    return {ROOT / name for name in INCLUDED.findall(lesson.page.read_text(encoding="utf-8"))}
