"""``autograder list``: the exercises, their parts and points, and the best result so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from autograder import course as courses
from autograder.course import Course

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.catalog import Exercise
    from autograder.results import Best

__all__ = ["command", "show_list"]


@click.command("list")
def command() -> int:
    """List the exercises, their parts and points, and your best result."""
    from autograder.cli.output import consoles

    out, _ = consoles(None)
    show_list(courses.find(), out)
    return 0


def show_list(course: Course, console: Console) -> None:
    """Print every exercise and its parts."""
    from rich.table import Table
    from rich.text import Text

    from autograder import results
    from autograder.cli.finding import all_exercises

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("")
    table.add_column("exercise", overflow="fold")
    for heading in ("minutes", "points", "your best"):
        table.add_column(heading, justify="right", no_wrap=True)
    for exercise in all_exercises(course):
        best = results.best(course.results, exercise.slug)
        table.add_row(
            f"{exercise.number:02}",
            Text(exercise.title, style="bold"),
            str(exercise.minutes),
            _points(exercise),
            _best(
                exercise,
                best,
                started=any((course.work / exercise.slug / name).is_file() for name in exercise.files),
            ),
        )
        for part in exercise.parts:
            title = f"{part.id}  {part.title}"
            if part.bonus and "bonus" not in title.lower():
                title += " (bonus)"
            earned = best.parts.get(part.id) if best else None
            table.add_row("", Text(title), "", str(part.points), "–" if earned is None else str(earned))
    console.print(table)
    console.print("Next: autograder start NUMBER, then autograder check NUMBER.", style="dim")


def _points(exercise: Exercise) -> str:
    main = sum(part.points for part in exercise.parts if not part.bonus)
    bonus = sum(part.points for part in exercise.parts if part.bonus)
    return f"{main} + {bonus}" if bonus else str(main)


def _best(exercise: Exercise, best: Best | None, *, started: bool) -> str:
    if best is None or best.score is None:
        return "started" if started else "–"
    score = f"{best.score} + {best.bonus_score}" if best.bonus_max_score else str(best.score)
    done = sum(part.points for part in exercise.parts if not part.bonus) == best.score
    return f"{score} ✓" if done else score
