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
LOGS = "--8<-- [start:logs]\n"
LOGGED = re.compile(r"^(?! |Logs ─|and \d)(?:[^\n]*\n)+?  [^\n]*\n", re.M)
INCLUDED = re.compile(r"""--8<--\s+["']([^"':]+)""")


@pytest.mark.parametrize(("lesson", "shown"), SHOWN)
def test_recorded_again_it_is_the_same(lesson: Lesson, shown: Shown, recorder: Recorder) -> None:
    kept = {
        path.suffix[1:]: path.read_text(encoding="utf-8") for path in lesson.recorded.glob(f"{shown.name}.*")
    }
    assert comparable(recorder(lesson, shown).files) == comparable(kept), "`make record` writes it down anew"


def comparable(files: dict[str, str]) -> dict[str, list[str]]:
    """The files with their log lines in one order: what is printed and what is logged comes through two pipes, so
    that either may be first where both happen at one instant."""
    texts = {ending: [text] for ending, text in files.items()}
    before, start, rest = files["txt"].partition(LOGS)
    if start:
        lines, end, after = rest.partition("--8<-- [end:logs]\n")
        texts["txt"] = [before, *sorted(LOGGED.findall(lines)), LOGGED.sub("", lines), end, after]
    if "json" in files:
        texts["json"] = sorted(re.split(r"^(?={)", files["json"], flags=re.M))
    return texts


@pytest.mark.parametrize("ending", ["txt", "json"])
def test_log_lines_may_change_places_and_nothing_else_may(ending: str) -> None:
    first, second = (
        ("info a\n  1 ms, x, try 1, worker, stdout\n", "error long\nline\n  1 ms, x, try 1, worker, log\n")
        if ending == "txt"
        else ('{"event": "a", "x":\n  1}\n', '{"event": "b"}\n')
    )

    def made(*pieces: str, after: str = "b\n") -> dict[str, list[str]]:
        said = "".join(pieces)
        text = f"a\n{LOGS}{said}and 3 of Airflow's own\n--8<-- [end:logs]\n{after}"
        return comparable({"txt": text} if ending == "txt" else {"txt": after, "json": said})

    assert made(first, second) == made(second, first)
    assert made(first, second) != made(first, second, after="c\n")
    assert made(first, second) != made(first)
    assert made(first, second) != made(first, second.replace("e", "i", 1))


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
