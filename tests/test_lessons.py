"""Lessons are read from their folders, and one that its writer must mend is said so."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder import lessons
from autograder.lessons import LessonError

PAGE = "---\nminutes: 40\n---\n\n# When it rains {#when-it-rains}\n\nIt pours.\n"


def make(root: Path, slug: str = "03-rain", page: str = PAGE, runs: str = "") -> Path:
    folder = root / "lessons" / slug
    folder.mkdir(parents=True)
    (folder / "index.md").write_text(page)
    if runs:
        (folder / "runs.toml").write_text(runs)
    return folder


def test_a_lesson_is_what_its_folder_says(tmp_path: Path) -> None:
    folder = make(
        tmp_path, runs="[disk-full]\ncommand = \"autograder run code/a.py --fail 'a=OSError:disk full'\"\n"
    )
    make(tmp_path, "01-sun")
    (tmp_path / "lessons" / "notes").mkdir()
    first, second = lessons.load(tmp_path)
    assert (first.number, first.slug, first.runs) == (1, "01-sun", ())
    assert (second.number, second.title, second.minutes, second.folder) == (3, "When it rains", 40, folder)
    [shown] = second.runs
    assert shown.name == "disk-full"
    assert shown.arguments == ["run", "code/a.py", "--fail", "a=OSError:disk full"]
    assert not shown.log


def test_without_lessons_there_are_none(tmp_path: Path) -> None:
    assert lessons.load(tmp_path) == ()


@pytest.mark.parametrize(
    ("slug", "page", "runs", "said"),
    [
        ("rain", PAGE, "", "named like 02-failure-callbacks"),
        ("03-rain", "# Rain\n", "", "`minutes: 50`"),
        ("03-rain", "---\nminutes: 4\n---\n", "", "no heading"),
        ("03-rain", PAGE, "[a", "runs.toml"),
        ("03-rain", PAGE, "[a]\ncommand = 'rm -r x'\n", "autograder run"),
        ("03-rain", PAGE, "[A]\ncommand = 'autograder run x.py'\n", "name"),
        ("03-rain", PAGE, "a = 1\n", "every table is a run"),
        ("03-rain", PAGE, "[a]\nother = 1\n", "command"),
    ],
)
def test_what_must_be_mended_is_said(tmp_path: Path, slug: str, page: str, runs: str, said: str) -> None:
    make(tmp_path, slug, page, runs)
    with pytest.raises(LessonError, match=said):
        lessons.load(tmp_path)
