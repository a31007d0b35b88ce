"""``autograder try``: two sample submissions, graded before a newcomer has written a line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder import course as courses
from autograder.cli.ending import Stop

if TYPE_CHECKING:
    from autograder.answers import Answer
    from autograder.catalog import Exercise

__all__ = ["command"]

_WRONG = ("01", "failure_on_every_try")
_RIGHT = "02"


@click.command("try", hidden=True)
def command() -> int:
    """Grade two sample submissions and show both reports. Nothing of it counts as yours."""
    from autograder.answers import Answer, solution_files
    from autograder.cli.finding import find_exercise
    from autograder.cli.grader import Grader
    from autograder.cli.output import consoles
    from autograder.cli.show import Show

    course = courses.find()
    out, remarks = consoles(None)
    warm_up, main = find_exercise(course, _WRONG[0]), find_exercise(course, _RIGHT)
    wrong = _wrong_answer(warm_up)
    right = Answer("solution", "solution", solution_files(main), "The model solution.")
    course.require_work()
    folder = course.work / "try"
    reports = []
    with Grader(course, out, store=folder / ".results") as grader:
        for number, (exercise, answer) in enumerate(((warm_up, wrong), (main, right)), start=1):
            kind = "A wrong answer" if answer.kind == "wrong" else "The solution"
            out.print(
                f"\n{number} of 2. {kind} to exercise {exercise.number:02}, {exercise.title}.", style="bold"
            )
            out.print(f"{answer.sentence}\n", markup=False)
            report = folder / f"{exercise.number:02}-{answer.name.replace('_', '-')}.html"
            graded = grader.grade(exercise, Path(course.shown(_put(answer, folder / report.stem))))
            Show(hints=1, full_traceback=False, html_to=str(report))(graded, out, remarks)
            reports.append(report)
    out.print("\nBoth reports, as pages to open in a browser:", style="bold")
    for report in reports:
        out.print(f"  {course.shown(report)}", markup=False, soft_wrap=True)
    out.print("\nNow you:", style="bold")
    out.print("  source .venv/bin/activate", markup=False)
    out.print(f"  autograder start {warm_up.number:02}", markup=False)
    out.print(f"  autograder check {warm_up.number:02} --watch", markup=False)
    return 0


def _wrong_answer(exercise: Exercise) -> Answer:
    """The one we like to show, or any.

    :raises Stop: when there is none.
    """
    from autograder.answers import Answer, answers

    found = [one for kind, _, one in answers(exercise) if kind == "wrong" and isinstance(one, Answer)]
    if not found:
        raise Stop(f"There is no wrong answer in {exercise.solution / 'wrong'}: is this a whole checkout?")
    return next((one for one in found if one.name == _WRONG[1]), found[0])


def _put(answer: Answer, folder: Path) -> Path:
    """Write the answer where it can be looked at; it is remade each time."""
    for name, content in answer.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder
