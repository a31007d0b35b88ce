"""``autograder prove``: exercises held against the answers that they ship."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from autograder import course as courses
from autograder.cli.options import jobs_option, json_option, seed_option

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.catalog import Exercise
    from autograder.prove import Row

__all__ = ["command"]

_OFF = 1


@click.command("prove")
@click.argument("exercises", nargs=-1, metavar="[EXERCISE]…")
@click.option(
    "--quick",
    is_flag=True,
    help="Run a wrong answer only through the scenarios of the checks that it must fail.",
)
@json_option("the rows")
@seed_option()
@jobs_option()
def command(
    exercises: tuple[str, ...], quick: bool, json_to: str | None, seed: int | None, jobs: int | None
) -> int:
    """Prove that checks pay what is right, and nothing else.

    The solution and every right answer must earn everything, the starter and the empty answer nothing,
    and each wrong answer must fail exactly the checks it names. Without EXERCISE: all of them.

    \b
    Exit codes: 0 every row holds; 1 a row is off; 2 bad usage or a fault of ours; 130 interrupted.
    """
    from autograder import prove
    from autograder.cli.finding import all_exercises, find_exercise
    from autograder.cli.grader import remark_on
    from autograder.cli.output import consoles, write_json
    from autograder.session import default_jobs, open_pool

    course = courses.find()
    out, remarks = consoles(json_to)
    chosen = [find_exercise(course, name) for name in exercises] or all_exercises(course)
    course.require_work()
    rows: list[Row] = []
    with open_pool(course.work, jobs or default_jobs(), remark_on(remarks)) as pool:
        for exercise in chosen:
            _head(exercise, out)
            rows += prove.prove(
                exercise,
                runner=pool,
                store=course.work / ".prove",
                seed=seed,
                quick=quick,
                on_row=lambda row: _show(row, out),
            )
    off = [row for row in rows if not row.ok]
    document = {"schema_version": "1", "ok": not off, "rows": [row.model_dump(mode="json") for row in rows]}
    write_json(json_to, json.dumps(document, indent=1), remarks)
    if off:
        said = f"{len(off)} of {len(rows)} rows are off. (exit code {_OFF})"
    else:
        said = f"All {len(rows)} rows hold. (exit code 0)"
    remarks.print(said, markup=False, soft_wrap=True)
    return _OFF if off else 0


def _head(exercise: Exercise, out: Console) -> None:
    out.print(f"\n{exercise.slug}", style="bold", markup=False)
    out.print(f"   {'kind':<9} {'name':<34} {'points':>7} {'s':>6}  fails", style="dim", markup=False)


def _show(row: Row, out: Console) -> None:
    """A row as soon as it is known; why it is off below it."""
    mark, colour = ("✓", "green") if row.ok else ("✗", "red")
    points = "" if row.max_points is None else f"{'–' if row.points is None else row.points}/{row.max_points}"
    took = f"{row.seconds:.1f}" if row.max_points is not None else ""
    lost = ", ".join(row.lost) if row.kind == "wrong" else ""
    line = f"{mark}  {row.kind:<9} {row.name:<34} {points:>7} {took:>6}  {lost}"
    out.print(line.rstrip(), style="" if row.ok else colour, markup=False, soft_wrap=True)
    for reason in row.reasons:
        out.print(f"     {reason}", style=colour, markup=False, soft_wrap=True)
