"""Exercises as the commands ask for them; a sentence when one is not there, or must be mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograder.cli.ending import Stop
from autograder.course import Course

if TYPE_CHECKING:
    from autograder.catalog import Exercise

__all__ = ["all_exercises", "find_exercise"]


def all_exercises(course: Course) -> list[Exercise]:
    """In order.

    :raises Stop: when one of them must be mended.
    """
    from autograder import catalog

    try:
        return catalog.load(course.root).exercises
    except catalog.CatalogError as error:
        raise Stop(str(error)) from error


def find_exercise(course: Course, name: str) -> Exercise:
    """By number, slug or piece of one.

    :raises Stop: with a suggestion.
    """
    from autograder import catalog

    try:
        return catalog.load(course.root).find(name)
    except catalog.CatalogError as error:
        raise Stop(str(error)) from error
