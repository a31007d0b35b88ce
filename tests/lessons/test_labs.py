"""Every lab is a clean notebook, and runs from top to bottom in a real kernel without a word on standard error."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from autograder.lessons import Lesson
from tests.lessons.conftest import LESSONS
from tools.record import ROOT

LABS = [lesson for lesson in LESSONS if (lesson.folder / "lab.ipynb").is_file()]
EACH = pytest.mark.parametrize("lesson", LABS, ids=lambda lesson: lesson.slug)
PLAYS = "%%dag --run"


def read(lesson: Lesson) -> NotebookNode:
    return nbformat.read(lesson.folder / "lab.ipynb", as_version=nbformat.NO_CONVERT)


def cells(lab: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in lab.cells if cell.cell_type == "code"]


def test_every_lesson_has_a_lab() -> None:
    assert [lesson.slug for lesson in LABS] == [lesson.slug for lesson in LESSONS]


@EACH
def test_the_notebook_is_valid_and_carries_no_outputs(lesson: Lesson) -> None:
    lab = read(lesson)
    nbformat.validate(lab)
    assert lab.nbformat == 4
    assert lab.metadata.kernelspec.name == "python3"
    assert len({cell.id for cell in lab.cells}) == len(lab.cells)
    for cell in cells(lab):
        assert cell.outputs == []
        assert cell.execution_count is None


@EACH
def test_each_experiment_begins_with_a_prediction(lesson: Lesson) -> None:
    """But for one at most: the worked example, which has a piece missing."""
    experiments: list[list[str]] = []
    for cell in read(lesson).cells:
        if cell.cell_type == "code" and experiments:
            experiments[-1].append(cell.source)
        elif cell.source.startswith("## "):
            experiments.append([])
    played = [sources for sources in experiments if any(source.startswith(PLAYS) for source in sources)]
    predicted = [sources for sources in played if sources[0].startswith("predict(")]
    assert predicted
    assert len(played) - len(predicted) <= 1
    assert all("..." in sources[0] for sources in predicted), "the answer is the reader's"


@EACH
@pytest.mark.slow
def test_the_lab_runs_from_top_to_bottom(
    lesson: Lesson, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "work"
    (mine / lesson.slug).mkdir(parents=True)
    (mine / ".cache").symlink_to(work / ".cache")
    shutil.copy(lesson.folder / "lab.ipynb", mine / lesson.slug)
    monkeypatch.setenv("AUTOGRADER_COURSE", str(ROOT))
    monkeypatch.setenv("AUTOGRADER_WORK", str(mine))
    lab = read(lesson)
    client = NotebookClient(lab, timeout=180, resources={"metadata": {"path": str(mine / lesson.slug)}})
    client.execute()
    for cell in cells(lab):
        outputs: list[Any] = cell.outputs
        kinds = [output.output_type for output in outputs]
        assert "error" not in kinds, cell.source
        assert not [output.text for output in outputs if output.get("name") == "stderr"], cell.source
        if cell.source.startswith("predict("):
            [*_, asked] = [output.data["text/plain"] for output in outputs]
            assert "No answer yet" in asked, f"{cell.source} asks for nothing: {asked}"
        if cell.source.startswith(PLAYS):
            [shown] = [output.data for output in outputs if "data" in output]
            assert "ag-timeline" in shown["text/html"], cell.source
            assert "The run ended" in shown["text/plain"], cell.source
