"""The wall interrupts whatever goes on, but what must be done whole."""

from __future__ import annotations

import time

import pytest

from autograder.control.wall import WallReached, at_the_latest, undisturbed


def test_a_question_gets_its_answer_before_the_wall_is_heard_of() -> None:
    said = []

    def asks() -> None:
        with at_the_latest(time.monotonic() + 0.05):
            with undisturbed():
                time.sleep(0.1)
                said.append("answer")
            time.sleep(10)
            said.append("more")

    with pytest.raises(WallReached):
        asks()
    assert said == ["answer"]
