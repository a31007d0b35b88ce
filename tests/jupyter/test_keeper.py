"""The grader of a notebook that nobody uses ends its processes, and starts them again when it is asked."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from autograder.course import Course
from autograder.jupyter import keeper


class FakeSession:
    def __init__(self, course: Course) -> None:
        self.course = course
        self.ended = threading.Event()

    def open(self) -> None:
        self.ended.clear()

    def close(self) -> None:
        self.ended.set()


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    monkeypatch.setattr(keeper, "Session", FakeSession)
    monkeypatch.setattr(keeper, "_has_database", lambda course: True)
    return Course(tmp_path, tmp_path / "work")


def test_who_is_idle_ends_its_processes(course: Course) -> None:
    kept = keeper.Keeper(idle=0.05)
    kept.warm_up(course)
    session = kept.session(course)
    assert not session.ended.wait(0.2), "in use, it does not rest"
    kept.warm_up(course)
    assert session.ended.wait(5)
    assert kept.session(course) is session, "the next check starts the same session again"


def test_a_kernel_that_ends_waits_for_nothing(course: Course) -> None:
    kept = keeper.Keeper()
    kept.warm_up(course)
    session = kept.session(course)
    kept.warm_up(course)
    kept.close()
    assert session.ended.is_set()
    assert not [
        one for one in threading.enumerate() if isinstance(one, threading.Timer) and not one.finished.is_set()
    ]
