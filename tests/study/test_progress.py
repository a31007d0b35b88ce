"""What the pages are told of the learner, without a server."""

from __future__ import annotations

from pathlib import Path

from autograder.course import Course
from autograder.results import Best
from autograder.study.progress import progress
from tests.course import copy_course
from tests.study.serving import SLUG


def test_a_course_that_somebody_is_writing_still_has_its_buttons(tmp_path: Path) -> None:
    course = Course(copy_course(tmp_path), tmp_path / "work")
    kept = course.results / SLUG / "best.json"
    kept.parent.mkdir(parents=True)
    kept.write_text(
        Best(score=3, max_score=5, folder="x", parts={"1.1": 3}).model_dump_json(), encoding="utf-8"
    )
    assert progress(course)[SLUG]["score"] == 3
    # A second exercise of the same number, and one without a number: neither is a catalog.
    for name in ("01-another", "unnumbered"):
        other = course.root / "exercises" / name
        other.mkdir()
        (other / "exercise.toml").touch()
        assert progress(course) == {}
        (other / "exercise.toml").unlink()
    kept.write_text("{", encoding="utf-8")
    assert progress(course) == {}
