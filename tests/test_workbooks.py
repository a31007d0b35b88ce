"""The learner's copies."""

from __future__ import annotations

import json
import os
from pathlib import Path

import nbformat
import pytest

from autograder import workbooks
from autograder.course import Course
from autograder.workbooks import WorkbookError
from tests.course import copy_course

SLUG = "01-tell-someone"
BRIEF = """\
# Tell someone

See [the lesson](../../lessons/01-tell-someone/index.md#why), [the words](../../docs/reference/words.md),
[the code](checks.py) and [Airflow](https://airflow.apache.org/).

## Part 1.1: mail (3 points) {#mail}

```python
## no heading
```

## Part 1.1: mail (3 points)

`[no](link.md)`

## Try it

```
autograder start 1
```
"""


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    monkeypatch.setenv("AUTOGRADER_BASE_URL", "/user/learner/")
    root = copy_course(tmp_path)
    (root / "exercises" / SLUG / "README.md").write_text(BRIEF, encoding="utf-8")
    lesson = root / "lessons" / SLUG
    lesson.mkdir(parents=True)
    cells = [
        nbformat.v4.new_markdown_cell("Read [why](index.md#why), then [go on](#go-on).", id="intro"),
        nbformat.v4.new_code_cell("x = '[no](link.md)'", id="code"),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), lesson / "lab.ipynb")
    return Course(root, tmp_path / "work")


def cells(path: Path) -> dict[str, str]:
    notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    return {cell.id: cell.source for cell in notebook.cells}


def test_what_there_is_for_an_exercise_and_its_lesson(course: Course) -> None:
    assert workbooks.names(course, SLUG) == ["lab.ipynb", "exercise.ipynb", "dag.py"]
    assert workbooks.names(course, "02-nothing") == []
    assert workbooks.names(course, "../exercises/01-tell-someone") == []


def test_the_exercise_is_a_notebook_made_of_its_brief_and_starter(course: Course) -> None:
    path = workbooks.ensure(course, SLUG, "exercise.ipynb")
    assert path == course.work / SLUG / "exercise.ipynb"
    found = cells(path)
    assert list(found) == [
        "brief",
        "brief-part-1-1-mail-3-points",
        "brief-part-1-1-mail-3-points-2",
        "your-dag",
        "load",
        "dag",
    ]
    assert found["brief-part-1-1-mail-3-points"].startswith("## Part 1.1: mail (3 points)\n")
    assert "## no heading" in found["brief-part-1-1-mail-3-points"]
    assert found["load"] == "%load_ext autograder"
    starter = (course.root / "exercises" / SLUG / "starter" / "dag.py").read_text(encoding="utf-8")
    assert found["dag"] == f"%%dag 01\n{starter.strip()}"
    assert "autograder start" not in "".join(found.values())


def test_each_of_several_files_has_a_cell(course: Course) -> None:
    folder = course.root / "exercises" / SLUG
    settings = (folder / "exercise.toml").read_text(encoding="utf-8")
    several = settings.replace('files = ["dag.py"]', 'files = ["dag.py", "alerts.py"]')
    assert several != settings
    (folder / "exercise.toml").write_text(several, encoding="utf-8")
    (folder / "starter" / "alerts.py").write_text("none = 0\n", encoding="utf-8")
    found = cells(workbooks.ensure(course, SLUG, "exercise.ipynb"))
    assert list(found)[-4:] == ["your-dag", "load", "dag", "file-alerts-py"]
    assert found["dag"].startswith("%%dag 01 --file dag.py\n")
    assert found["file-alerts-py"] == "%%dag 01 --file alerts.py\nnone = 0"
    assert "`dag.py`, `alerts.py`" in found["your-dag"]


def test_notebooks_carry_no_outputs_and_the_same_ids_every_time(course: Course) -> None:
    path = workbooks.ensure(course, SLUG, "exercise.ipynb")
    first = path.read_bytes()
    assert all(not cell.get("outputs") for cell in json.loads(first)["cells"])
    path.unlink()
    assert workbooks.ensure(course, SLUG, "exercise.ipynb").read_bytes() == first


def test_links_lead_to_the_courses_pages(course: Course) -> None:
    intro = cells(workbooks.ensure(course, SLUG, "exercise.ipynb"))["brief"]
    site = "/user/learner/course/"
    assert f"[the lesson]({site}lessons/{SLUG}/#why)" in intro
    assert f"[the words]({site}reference/words/)" in intro
    assert "the code and [Airflow](https://airflow.apache.org/)" in intro
    lab = cells(workbooks.ensure(course, SLUG, "lab.ipynb"))
    assert lab["intro"] == f"Read [why]({site}lessons/{SLUG}/#why), then [go on](#go-on)."
    assert lab["code"] == "x = '[no](link.md)'"


def test_the_learners_own_answer_is_in_the_notebook(course: Course) -> None:
    mine = course.work / SLUG / "dag.py"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine = 1\n", encoding="utf-8")
    assert cells(workbooks.ensure(course, SLUG, "exercise.ipynb"))["dag"] == "%%dag 01\nmine = 1"


@pytest.mark.parametrize("name", ["lab.ipynb", "exercise.ipynb", "dag.py"])
def test_what_is_there_is_never_overwritten(course: Course, name: str) -> None:
    path = workbooks.ensure(course, SLUG, name)
    path.write_text("mine", encoding="utf-8")
    assert workbooks.ensure(course, SLUG, name) == path
    assert path.read_text(encoding="utf-8") == "mine"


def test_a_link_that_leads_nowhere_is_something_of_the_learners(course: Course, tmp_path: Path) -> None:
    target = course.work / SLUG / "dag.py"
    target.parent.mkdir(parents=True)
    target.symlink_to(tmp_path / "elsewhere.py")
    workbooks.ensure(course, SLUG, "dag.py")
    assert not (tmp_path / "elsewhere.py").exists()


def test_what_the_course_does_not_have_is_named(course: Course) -> None:
    with pytest.raises(WorkbookError, match=r"The course has no 01-tell-someone/checks\.py\."):
        workbooks.ensure(course, SLUG, "checks.py")


def test_a_new_version_adds_what_is_missing_and_touches_nothing_else(course: Course) -> None:
    assert workbooks.ensure_notebooks(course) == []
    lab, exercise = (course.work / SLUG / name for name in ("lab.ipynb", "exercise.ipynb"))
    lab.write_text("mine", encoding="utf-8")
    exercise.unlink()
    assert not (course.work / SLUG / "dag.py").exists()
    assert workbooks.ensure_notebooks(course) == []
    assert lab.read_text(encoding="utf-8") == "mine"
    assert exercise.is_file()


def test_one_exercise_that_must_be_mended_keeps_nobody_from_the_others(course: Course) -> None:
    broken = course.root / "exercises" / "02-broken"
    broken.mkdir()
    (broken / "exercise.toml").write_text("title =", encoding="utf-8")
    said = workbooks.ensure_notebooks(course)
    assert len(said) == 1
    assert said[0].startswith("02-broken: ")
    assert (course.work / SLUG / "lab.ipynb").is_file()


@pytest.mark.parametrize("text", ["{", '{"cells": 1}', '{"nbformat": 4, "nbformat_minor": 5, "cells": [{}]}'])
def test_a_lab_that_must_be_mended_is_named_and_keeps_nobody_from_the_exercise(
    course: Course, text: str
) -> None:
    lab = course.root / "lessons" / SLUG / "lab.ipynb"
    lab.write_text(text, encoding="utf-8")
    with pytest.raises(WorkbookError, match=r"lab\.ipynb is no notebook that can be copied: \S"):
        workbooks.ensure(course, SLUG, "lab.ipynb")
    mine = course.work / SLUG / "lab.ipynb"
    assert not mine.exists()
    assert len(workbooks.ensure_notebooks(course)) == 1
    assert (course.work / SLUG / "exercise.ipynb").is_file()
    mine.write_text("mine", encoding="utf-8")
    with pytest.raises(WorkbookError):
        workbooks.reset(course, SLUG, ["lab.ipynb"])
    assert mine.read_text(encoding="utf-8") == "mine"


def test_reset_keeps_a_backup_and_the_results(course: Course) -> None:
    for name in workbooks.names(course, SLUG):
        workbooks.ensure(course, SLUG, name).write_text(f"my {name}", encoding="utf-8")
    result = course.results / SLUG / "best.json"
    result.parent.mkdir(parents=True)
    result.write_text("{}", encoding="utf-8")
    backup = workbooks.reset(course, SLUG, workbooks.names(course, SLUG))
    assert backup.parent == course.work / ".backups" / SLUG
    assert {path.name: path.read_text() for path in backup.iterdir()} == {
        name: f"my {name}" for name in ("lab.ipynb", "exercise.ipynb", "dag.py")
    }
    starter = course.root / "exercises" / SLUG / "starter" / "dag.py"
    assert (course.work / SLUG / "dag.py").read_bytes() == starter.read_bytes()
    assert "mine" not in cells(course.work / SLUG / "exercise.ipynb")["dag"]
    assert result.exists()


def test_a_notebook_that_is_reset_holds_the_answer_as_it_is(course: Course) -> None:
    workbooks.ensure(course, SLUG, "exercise.ipynb")
    (course.work / SLUG / "dag.py").write_text("mine = 1\n", encoding="utf-8")
    workbooks.reset(course, SLUG, ["exercise.ipynb"])
    assert cells(course.work / SLUG / "exercise.ipynb")["dag"].endswith("mine = 1")


def test_a_name_that_is_not_there_changes_nothing(course: Course) -> None:
    path = workbooks.ensure(course, SLUG, "dag.py")
    with pytest.raises(WorkbookError, match=r"It has lab\.ipynb, exercise\.ipynb, dag\.py there"):
        workbooks.reset(course, SLUG, ["dag.py", "other.py"])
    assert path.exists()
    assert not (course.work / ".backups").exists()


def test_without_a_base_url_the_site_is_at_the_top(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUTOGRADER_BASE_URL")
    assert f"(/course/lessons/{SLUG}/#why)" in cells(workbooks.ensure(course, SLUG, "lab.ipynb"))["intro"]
    assert os.access(course.work / SLUG / "lab.ipynb", os.W_OK)
