"""How a command ends: four exit codes, each said in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograder.result import Result

__all__ = [
    "ALL_POINTS",
    "INTERRUPTED",
    "NOT_ALL_POINTS",
    "NO_GRADE",
    "Stop",
    "code_of",
    "sentence_of",
]

ALL_POINTS = 0
NOT_ALL_POINTS = 1
NO_GRADE = 2
INTERRUPTED = 130


class Stop(Exception):
    """The command cannot go on. Its text says what happened and what to do next."""

    def __init__(self, sentence: str, code: int = NO_GRADE) -> None:
        super().__init__(sentence)
        self.code = code


def code_of(result: Result) -> int:
    """The exit code of a result; the bonus never decides it."""
    if result.score is None:
        return NO_GRADE
    return ALL_POINTS if result.outcome == "graded" and result.score == result.max_score else NOT_ALL_POINTS


def sentence_of(result: Result) -> str:
    """The last line of a check: the exit code, and what it means."""
    code = code_of(result)
    bonus = ""
    if result.bonus_max_score and result.bonus_score is not None:
        bonus = f", and {result.bonus_score} of {result.bonus_max_score} bonus points"
    if code == ALL_POINTS:
        said = f"All {result.max_score} points{bonus}."
    elif code == NO_GRADE:
        said = "No grade: a check could not be answered, which is our fault and costs you nothing."
    elif result.outcome == "timeout":
        said = f"0 of {result.max_score} points: your code ran into a time limit."
    elif result.outcome == "error":
        said = f"{result.score} of {result.max_score} points: your code could not be run to its end."
    else:
        said = f"{result.score} of {result.max_score} points{bonus}: not all points yet."
    return f"{said} (exit code {code})"
