"""``autograder start``: the starter's files, put where the learner works."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder import course as courses
from autograder.cli.ending import Stop

if TYPE_CHECKING:
    from autograder.catalog import Exercise

__all__ = ["command", "copy_starter"]


@click.command("start")
@click.argument("exercise")
def command(exercise: str) -> int:
    """Put an exercise's starter into work/.

    Nothing is ever overwritten. EXERCISE is a number, a slug, or an unambiguous piece of one.
    """
    from autograder.cli.finding import find_exercise

    course = courses.find()
    found = find_exercise(course, exercise)
    course.require_work()
    folder = course.work / found.slug
    copied, kept = copy_starter(found, folder)
    shown = course.shown(folder)
    if not copied:
        raise Stop(
            f"{shown} is already there, with {_names(kept)}; nothing was changed. "
            f"To start again: autograder reset {found.number:02} {' '.join(kept)}; what is there is kept.",
        )
    click.echo(f"Exercise {found.number:02}, {found.title}: {_names(copied)} put into {shown}.")
    if kept:
        click.echo(f"Already there, and left as it was: {_names(kept)}.")
    click.echo(f"Read the brief:  {course.shown(found.readme)}")
    click.echo(f"Then:            autograder check {found.number:02} --watch")
    return 0


def copy_starter(exercise: Exercise, folder: Path) -> tuple[list[str], list[str]]:
    """Copy what is not yet there; return the names copied and the names kept.

    :raises Stop: when the exercise has no starter.
    """
    starter = exercise.starter
    sources = sorted(
        path for path in starter.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    )
    if not sources:
        raise Stop(f"Exercise {exercise.slug} has no starter: {starter} is missing or empty.")
    copied, kept = [], []
    for source in sources:
        name = source.relative_to(starter)
        target = folder / name
        if target.exists() or target.is_symlink():
            kept.append(str(name))
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        try:
            shutil.copyfile(source, part)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        copied.append(str(name))
    return copied, kept


def _names(names: list[str]) -> str:
    return ", ".join(names)
