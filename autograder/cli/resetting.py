"""``autograder reset``: fresh copies, with a backup of what was there."""

from __future__ import annotations

import os

import click

from autograder import course as courses
from autograder.cli.ending import Stop

__all__ = ["command"]


@click.command("reset")
@click.argument("exercise")
@click.argument("files", nargs=-1, metavar="[FILE]…")
@click.option("--yes", is_flag=True, help="Do not ask before.")
def command(exercise: str, files: tuple[str, ...], yes: bool) -> int:
    """Start an exercise or a lab again: move your files into a backup and put fresh copies in their place.

    Without FILE, all that is there of its notebooks and files. Results stay as they are. EXERCISE is a number, a
    slug, or an unambiguous piece of one.
    """
    from autograder import workbooks
    from autograder.cli.finding import find_exercise

    course = courses.find()
    slug = find_exercise(course, exercise).slug
    course.require_work()
    folder = course.work / slug
    known = workbooks.names(course, slug)
    if strange := [name for name in files if name not in known]:
        raise Stop(
            f"Exercise {slug} has no file {strange[0]}; it has {', '.join(known)}. Nothing was changed."
        )
    there = [name for name in files or known if os.path.lexists(folder / name)]
    chosen = list(files) or there
    if not chosen:
        raise Stop(
            f"{course.shown(folder)} has nothing to reset. `autograder start {slug[:2]}` puts a starter there."
        )
    if there and not yes:
        click.confirm(f"Replace {', '.join(there)} in {course.shown(folder)}? A backup is kept.", abort=True)
    try:
        backup = workbooks.reset(course, slug, chosen)
    except workbooks.WorkbookError as error:
        raise Stop(f"{error} Nothing was changed.") from None
    click.echo(f"Fresh in {course.shown(folder)}: {', '.join(chosen)}.")
    if there:
        click.echo(f"What was there is now in {course.shown(backup)}. Your results are as they were.")
    return 0
