"""What must hold of an exercise before anything is run: points, hints, scenarios, files."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from autograder.answers import AnswerError, solution_files
from autograder.catalog import Exercise

__all__ = ["RULES", "broken_rules", "code_lines"]

RULES = {
    "points": "each part's points are the sum of its checks'",
    "hints": "every check has a hint",
    "hints give nothing away": "no hint contains a code line of the solution",
    "scenarios": "every scenario is read by a check",
    "parts": "every part has a check",
    "files": "the brief, and every file to be handed in, is there",
}
_SHORTEST = 8
"""Characters of a line of code that could be given away; shorter ones (`else:`, `pass`) say nothing."""


def broken_rules(exercise: Exercise) -> Iterator[tuple[str, str]]:
    """Rules that do not hold: their name, and a sentence."""
    yield from _points(exercise)
    yield from _hints(exercise)
    read = {name for spec in exercise.checks for name in spec.scenarios}
    for name in exercise.scenarios:
        if name not in read:
            yield "scenarios", f"no check reads scenario `{name}`"
    if not exercise.readme.is_file():
        yield "files", f"{exercise.readme} is missing"


def _points(exercise: Exercise) -> Iterator[tuple[str, str]]:
    for part in exercise.parts:
        points = [spec.points for spec in exercise.checks if spec.part == part.id]
        if not points:
            yield "parts", f"part {part.id} has no check"
        elif sum(points) != part.points:
            yield "points", f"part {part.id} announces {part.points} points, its checks have {sum(points)}"


def _hints(exercise: Exercise) -> Iterator[tuple[str, str]]:
    try:
        lines = {
            line
            for name, content in solution_files(exercise).items()
            for line in code_lines(name, content.decode("utf-8", "replace"))
        }
    except AnswerError:
        lines = set()  # the missing solution has a row of its own
    for spec in exercise.checks:
        if not any(hint.strip() for hint in spec.hints):
            yield "hints", f"check `{spec.id}` has no hint"
        for number, hint in enumerate(spec.hints, 1):
            shown = _flat(hint)
            given = next((line for line in sorted(lines, key=len, reverse=True) if line in shown), None)
            if given is not None:
                yield "hints give nothing away", f"hint {number} of `{spec.id}` has the line `{given}`"


def code_lines(name: str, source: str) -> set[str]:
    """Lines of code, without their white space: no comments, no docstrings, nothing too short to tell."""
    prose: set[int] = set()
    if name.endswith(".py"):
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError):
            return set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                prose.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    found = set()
    for number, line in enumerate(source.splitlines(), 1):
        code = _flat(re.sub(r"(^|\s)#.*", "", line))
        if number not in prose and len(code) >= _SHORTEST and not code.isidentifier():
            found.add(code)
    return found


def _flat(text: str) -> str:
    return " ".join(text.split())
