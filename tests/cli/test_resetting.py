"""``autograder reset``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import autograder
from tests.cli.conftest import Invoke

SLUG = "01-tell-someone"


@pytest.fixture
def mine(course: Path, invoke: Invoke) -> Path:
    invoke("start", "1")
    file = course / "work" / SLUG / "dag.py"
    file.write_text("mine = 1\n", encoding="utf-8")
    return file


def test_what_is_there_is_replaced_and_kept(mine: Path, invoke: Invoke) -> None:
    said = invoke("reset", "1", "--yes")
    assert said.code == 0
    assert mine.read_text(encoding="utf-8") != "mine = 1\n"
    assert f"Fresh in work/{SLUG}: dag.py." in said.out
    backups = list((mine.parents[1] / ".backups" / SLUG).glob("*/dag.py"))
    assert [path.read_text() for path in backups] == ["mine = 1\n"]
    assert str(backups[0].parent.relative_to(mine.parents[2])) in said.out
    assert "Your results are as they were." in said.out


def test_it_asks_before(mine: Path, invoke: Invoke) -> None:
    said = invoke("reset", "1")
    assert said.code != 0
    assert f"Replace dag.py in work/{SLUG}? A backup is kept." in said.out + said.err
    assert mine.read_text(encoding="utf-8") == "mine = 1\n"


def test_one_file_of_several(mine: Path, invoke: Invoke) -> None:
    assert invoke("reset", "1", "exercise.ipynb", "--yes").code == 0
    assert mine.read_text(encoding="utf-8") == "mine = 1\n"
    assert "mine = 1" in (mine.parent / "exercise.ipynb").read_text(encoding="utf-8")


def test_a_file_that_it_does_not_have(mine: Path, invoke: Invoke) -> None:
    said = invoke("reset", "1", "other.py", "--yes")
    assert said.code == 2
    assert f"Exercise {SLUG} has no file other.py; it has exercise.ipynb, dag.py." in said.err
    assert mine.read_text(encoding="utf-8") == "mine = 1\n"


def test_nothing_to_reset(course: Path, invoke: Invoke) -> None:
    said = invoke("reset", "1", "--yes")
    assert said.code == 2
    assert "`autograder start 01` puts a starter there" in said.err


def test_what_cannot_be_made_anew_is_not_taken_away(mine: Path, course: Path, invoke: Invoke) -> None:
    lab = course / "lessons" / SLUG / "lab.ipynb"
    lab.parent.mkdir(parents=True)
    lab.write_text("{", encoding="utf-8")
    said = invoke("reset", "1", "lab.ipynb", "dag.py", "--yes")
    assert said.code == 2
    assert "lab.ipynb is no notebook that can be copied: " in said.err
    assert "Nothing was changed." in said.err
    assert mine.read_text(encoding="utf-8") == "mine = 1\n"


def test_a_link_that_leads_nowhere_is_asked_about_and_kept(mine: Path, invoke: Invoke) -> None:
    mine.unlink()
    mine.symlink_to("gone.py")
    assert f"Replace dag.py in work/{SLUG}?" in (said := invoke("reset", "1")).out + said.err
    assert invoke("reset", "1", "--yes").code == 0
    assert not mine.is_symlink()
    (backup,) = (mine.parents[1] / ".backups" / SLUG).iterdir()
    assert (backup / "dag.py").is_symlink()


def test_without_what_notebooks_need_a_file_is_reset_all_the_same(
    mine: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "nbformat"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "nbformat", None)
    monkeypatch.delitem(sys.modules, "autograder.workbooks", raising=False)
    monkeypatch.delattr(autograder, "workbooks", raising=False)
    said = invoke("reset", "1", "dag.py", "--yes")
    assert said.code == 0
    assert mine.read_text(encoding="utf-8") != "mine = 1\n"
    said = invoke("reset", "1", "exercise.ipynb", "--yes")
    assert said.code == 2
    assert "This needs nbformat" in said.err
    assert "`make study`, in the course's folder, gets it." in said.err
