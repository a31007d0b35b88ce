"""``autograder regrade``: today's checks over evidence that is stored."""

from __future__ import annotations

from pathlib import Path

import click

from autograder import course as courses
from autograder.cli.ending import Stop
from autograder.cli.options import SUBMITTED, hints_option, html_option, json_option, traceback_option

__all__ = ["command"]


@click.command("regrade")
@click.argument("result", type=SUBMITTED)
@json_option("the result")
@html_option()
@hints_option()
@traceback_option()
def command(result: Path, json_to: str | None, html_to: str | None, hints: int, traceback: str) -> int:
    """Ask today's checks about a stored result. Nothing is run.

    RESULT is the folder of a result (work/.results/…), or the result.json in it.

    \b
    Exit codes: 0 all points; 1 not all points; 2 no grade (a result that cannot be read, or a check whose
    scenario is missing or has changed: run `autograder check` again); 130 interrupted.
    """
    from autograder import grading, results
    from autograder.catalog import CatalogError
    from autograder.cli.finding import find_exercise
    from autograder.cli.output import consoles
    from autograder.cli.show import Show
    from autograder.session import Graded

    course = courses.find()
    out, remarks = consoles(json_to)
    try:
        old, folder = results.load(result)
        found = grading.regrade(folder, find_exercise(course, old.exercise))
    except (results.ResultError, CatalogError) as error:
        raise Stop(str(error)) from error
    return Show(hints, traceback == "full", json_to, html_to)(Graded(found, folder), out, remarks)
