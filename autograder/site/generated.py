"""Pieces of the site's own pages that are made from the course: ``<!-- generated: NAME -->`` asks for one."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from autograder.site.contents import Contents
from autograder.site.pieces import points, score, wrapped
from autograder.site.reference import cell_options, checks, commands, predictions

__all__ = ["BLOCKS"]


def _lessons(contents: Contents, page: str) -> str:
    if not contents.lessons:
        return "No lesson is written yet; begin with the exercises."
    rows = ["| | lesson | minutes | exercise |", "|---|---|---:|---|"]
    for lesson in contents.lessons.values():
        exercises = [one for one in contents.exercises.values() if one.lesson == lesson.slug]
        graded = ", ".join(
            f"[{points(one)}]({_to(page, f'exercises/{one.slug}/index.md')}) {score(one.slug)}"
            for one in exercises
        )
        name = f"[{lesson.title}]({_to(page, f'lessons/{lesson.slug}/index.md')})"
        rows.append(f"| {lesson.slug[:2]} | {name} | {lesson.minutes} | {graded} |")
    return wrapped("index", "\n".join(rows))


def _exercises(contents: Contents, page: str) -> str:
    rows = ["| | exercise | minutes | points | your best |", "|---|---|---:|---:|---:|"]
    for exercise in contents.exercises.values():
        name = f"[{exercise.title}]({_to(page, f'exercises/{exercise.slug}/index.md')})"
        main = sum(part.points for part in exercise.parts if not part.bonus)
        bonus = sum(part.points for part in exercise.parts if part.bonus)
        worth = f"{main} + {bonus}" if bonus else str(main)
        rows.append(
            f"| {exercise.number:02} | {name} | {exercise.minutes} | {worth} | {score(exercise.slug)} |"
        )
    return wrapped("index", "\n".join(rows))


def _first(contents: Contents, page: str) -> str:
    """The first two lessons, or their exercises where no lesson is written yet."""
    cards = []
    for slug in sorted({*contents.lessons, *contents.exercises})[:2]:
        lesson, exercise = contents.lessons.get(slug), contents.exercises.get(slug)
        title = lesson.title if lesson else exercise.title if exercise else slug
        ways = []
        if lesson:
            way = _to(page, f"lessons/{slug}/index.md")
            ways.append(f"[Lesson]({way}), {lesson.minutes} minutes")
        if exercise:
            way = _to(page, f"exercises/{slug}/index.md")
            ways.append(f"[Exercise]({way}), {exercise.minutes} minutes, {points(exercise)} {score(slug)}")
        cards.append(f"-   **{slug[:2]} {title}**\n\n    " + "  \n    ".join(ways))
    return wrapped("cards", "\n\n".join(cards))


def _to(page: str, other: str) -> str:
    return posixpath.relpath(other, posixpath.dirname(page) or ".")


BLOCKS: dict[str, Callable[[Contents, str], str]] = {
    "lessons": _lessons,
    "exercises": _exercises,
    "first lessons": _first,
    "cell options": lambda contents, page: cell_options(),
    "predictions": lambda contents, page: predictions(),
    "commands": lambda contents, page: commands(),
    "checks": lambda contents, page: checks(),
}
"""What there is, by name; each is given the course and the page that it stands on."""
