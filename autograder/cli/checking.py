"""``autograder check``: grade one submission, once or on every save."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from autograder import course as courses
from autograder.cli.options import (
    SUBMITTED,
    hints_option,
    html_option,
    jobs_option,
    json_option,
    seed_option,
    traceback_option,
)

__all__ = ["command"]

Traceback = Literal["short", "full"]


@click.command("check")
@click.argument("exercise")
@click.argument("path", required=False, metavar="[FILE|DIR]", type=SUBMITTED)
@click.option("--part", metavar="ID", help="Only this part, such as 2.1.")
@seed_option()
@jobs_option()
@json_option("the result")
@html_option()
@hints_option()
@traceback_option()
@click.option(
    "--watch", is_flag=True, help="Check again on every save. Keys: h hint, l list, n next, q quit."
)
def command(
    exercise: str,
    path: Path | None,
    part: str | None,
    seed: int | None,
    jobs: int | None,
    json_to: str | None,
    html_to: str | None,
    hints: int,
    traceback: Traceback,
    watch: bool,
) -> int:
    """Grade one submission: a file, a folder, or by default what is in work/ for this exercise.

    EXERCISE is a number, a slug, or an unambiguous piece of one.

    \b
    Exit codes: 0 all points; 1 not all points, or code that cannot be run; 2 no grade (bad usage,
    a file that cannot be read, or a fault of ours); 130 interrupted.
    """
    from autograder.cli.finding import find_exercise
    from autograder.cli.output import consoles

    if watch and json_to == "-":
        raise click.UsageError("--watch shows one result after another, and --json - writes one document.")
    course = courses.find()
    out, remarks = consoles(json_to)
    found = find_exercise(course, exercise)
    shown = course.shown(path.absolute() if path else course.work / found.slug)
    remarks.print(f"Exercise {found.number:02}, {found.title}: {shown}", markup=False, soft_wrap=True)

    from autograder.cli.grader import Grader
    from autograder.cli.show import Show

    show = Show(hints, traceback == "full", json_to, html_to)
    with Grader(course, out, jobs=jobs) as grader:
        if watch:
            from autograder.cli.watch import Watch

            return Watch(course, grader, found, path, part, seed, show, out, remarks).run()
        graded = grader.grade(found, path, part=part, seed=seed)
    return show(graded, out, remarks)
