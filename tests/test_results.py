"""Results survive interrupts, damage and their own number."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from autograder import results
from autograder.result import PartResult, Result, Versions
from autograder.results import Best, ResultError

SLUG = "01-tell-someone"


def store_one(store: Path, score: int | None, *, bonus: int = 0, part: str | None = None) -> Path:
    with results.draft(store, SLUG) as draft:
        result = Result(
            versions=Versions(grader="0", airflow="0", python="0", exercise="0"), exercise=SLUG, title="T",
            submission="dag.py", made_at=draft.made_at, seed=1, outcome="graded", score=score, max_score=10,
            bonus_score=bonus, bonus_max_score=2,
            parts=[PartResult(id="1.1", title="P", points=score, max_points=10)], checks=[], scenarios=[],
            extra={"part": part} if part else {},
        )  # fmt: skip
        folder = draft.keep(result)
    assert results.folder_of(store, result) == folder
    return folder


def scores(store: Path) -> tuple[int | None, int, str | None]:
    best = results.best(store, SLUG)
    assert best is not None
    return best.score, best.bonus_score, best.folder


def test_the_best_is_kept(tmp_path: Path) -> None:
    assert results.best(tmp_path, SLUG) is None
    store_one(tmp_path, 3)
    folder = store_one(tmp_path, 7, bonus=1)
    store_one(tmp_path, 5, bonus=2)
    store_one(tmp_path, None)
    assert scores(tmp_path) == (7, 1, folder.name)


def test_a_part_alone_counts_for_its_part_only(tmp_path: Path) -> None:
    store_one(tmp_path, 4, part="1.1")
    best = results.best(tmp_path, SLUG)
    assert best == Best(parts={"1.1": 4})


@pytest.mark.parametrize("damage", ["", "{}x", '{"score": "many"}', None])
def test_a_damaged_summary_is_made_anew(tmp_path: Path, damage: str | None) -> None:
    store_one(tmp_path, 3)
    folder = store_one(tmp_path, 7)
    summary = tmp_path / SLUG / "best.json"
    if damage is None:
        summary.unlink()
        summary.mkdir()
    else:
        summary.write_text(damage)
    assert scores(tmp_path) == (7, 0, folder.name)


def test_a_damaged_result_is_passed_over(tmp_path: Path) -> None:
    folder = store_one(tmp_path, 3)
    (store_one(tmp_path, 7) / "result.json").write_text("{")
    (tmp_path / SLUG / "best.json").unlink()
    assert scores(tmp_path) == (3, 0, folder.name)


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    def interrupted() -> None:
        with results.draft(tmp_path, SLUG) as draft:
            (draft.evidence / "fails.json").write_text("{}")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not list((tmp_path / SLUG).iterdir())
    assert results.latest(tmp_path, SLUG) is None


def test_what_a_killed_process_left_is_swept_and_a_living_ones_is_not(tmp_path: Path) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    gone, living = (
        tmp_path / SLUG / f".part-{pid}-20261102-000000-000000" for pid in (dead.pid, os.getpid())
    )
    for folder in (gone, living):
        folder.mkdir(parents=True)
    store_one(tmp_path, 3)
    assert not gone.exists()
    assert living.exists()
    assert results.latest(tmp_path, SLUG) != living


def test_old_results_go_and_the_best_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "_KEPT", 3)
    best = store_one(tmp_path, 9)
    folders = [store_one(tmp_path, score) for score in (1, 2, 3, 4)]
    kept = sorted(path.name for path in (tmp_path / SLUG).iterdir() if path.is_dir())
    assert kept == [best.name, *(folder.name for folder in folders[1:])]


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "There is no result in"), ("{}", "is not a result of this version"), ("\x00", "is not a result")],
)
def test_what_is_no_result(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / "result.json").write_text(content)
    with pytest.raises(ResultError, match=said):
        results.load(tmp_path)
