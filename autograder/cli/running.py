"""``autograder run``: any DAG under chosen faults; no grading, only what happened."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from autograder import course as courses
from autograder.cli.ending import NOT_ALL_POINTS, Stop, stop_for
from autograder.cli.faultwords import FaultError, Given, behaviours, combine, parse
from autograder.cli.options import (
    SUBMITTED,
    WholeNumber,
    html_option,
    json_option,
    seed_option,
    traceback_option,
)
from autograder.course import Course

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.evidence import Evidence
    from autograder.scenario import Scenario
    from autograder.submission import Submission

__all__ = ["command"]

Command = TypeVar("Command", bound=Callable[..., Any])

# What Airflow's own hooks and operators ask for when a DAG names no connection.
_CONNECTIONS = {
    "smtp_default": "smtp",
    "slack_default": "slack",
    "slack_webhook": "slack",
    "slack_api_default": "slack_api",
    "monitoring": "monitoring",
    "monitoring_default": "monitoring",
}


def _faults(option: str, metavar: str, meaning: str) -> Callable[[Command], Command]:
    def read(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> list[Given]:
        try:
            return [parse(option, value) for value in values]
        except FaultError as error:
            raise click.UsageError(str(error), ctx) from None

    name = option.replace("-", "_")
    return click.option(
        f"--{option}", f"given_{name}", multiple=True, metavar=metavar, callback=read, help=meaning
    )


@click.command("run")
@click.argument("file", type=SUBMITTED)
@_faults("fail", "TASK=EXC[:MESSAGE][@TRIES]", "The task raises: a builtin exception, or a dotted path.")
@_faults("succeed", "TASK[=VALUE][@TRIES]", "The task succeeds at once and returns VALUE (JSON or text).")
@_faults("hang", "TASK[@TRIES]", "The task never ends by itself.")
@_faults("kill", "TASK[=SIGNAL][@TRIES]", "SIGKILL (or another signal) ends the task's process.")
@_faults("lose-worker", "TASK[@TRIES]", "The task's worker is gone, its supervisor included.")
@_faults("exit", "TASK=CODE[@TRIES]", "The task's process exits at once with this code.")
@_faults("skip", "TASK[=MESSAGE][@TRIES]", "The task skips itself.")
@_faults(
    "take", "TASK=DURATION[@TRIES]", "The task takes this long (90s, 5min, 1h30m; nobody waits) and succeeds."
)
@click.option(
    "--retries", type=WholeNumber(0, 50), help="Retries of the tasks named, in place of the DAG's own."
)
@click.option("--no-logical-date", is_flag=True, help="The run has no logical date.")
@click.option(
    "--stand-in",
    "stand_ins",
    multiple=True,
    metavar="SERVICE=BEHAVIOUR",
    help="What mail, slack, monitoring or leases do wrong: refuses, never-answers, or a status such as 500.",
)
@click.option(
    "--connection", "connections", multiple=True, metavar="ID=KIND", help="Another connection to a stand-in."
)
@seed_option()
@click.option(
    "--wall", type=WholeNumber(1, 3600), default=60, show_default=True, help="Real seconds, at most."
)
@json_option("the evidence")
@html_option()
@traceback_option()
def command(
    file: Path,
    retries: int | None,
    no_logical_date: bool,
    stand_ins: tuple[str, ...],
    connections: tuple[str, ...],
    seed: int | None,
    wall: int,
    json_to: str | None,
    html_to: str | None,
    traceback: str,
    **given: list[Given],
) -> int:
    """Run a DAG with chosen faults and show what happened. No grading.

    Tasks without a fault do their own work. TRIES: @2 is the first two tries, then the task's own work;
    @2-2 is only the second; without it, every try. An option may be given again, for other tasks or tries.

    \b
    Exit codes: 0 the DAG ran, whatever became of it; 1 it could not be run; 2 bad usage,
    a file that cannot be read, or a fault of ours; 130 interrupted.
    """
    from autograder.cli.output import consoles, write_json, write_text
    from autograder.cli.unreached import heard
    from autograder.scenario import Scenario

    try:
        faults = combine(one for several in given.values() for one in several)
        services = behaviours(stand_ins)
    except FaultError as error:
        raise click.UsageError(str(error)) from None
    course = courses.find()
    out, remarks = consoles(json_to)
    known = _CONNECTIONS | _of_exercises(course) | dict(_connection(text) for text in connections)
    date: Literal["set"] | None = None if no_logical_date else "set"
    scenario = Scenario(faults, others="run", retries=retries, logical_date=date, **services)
    evidence = _run(course, file, scenario, known, seed, wall, remarks)
    for remark in heard(evidence):
        remarks.print(remark, markup=False, soft_wrap=True)

    from autograder.report import terminal

    terminal.show_run(evidence, out, full_traceback=traceback == "full")
    write_json(json_to, evidence.model_dump_json(indent=1), remarks)
    if html_to:
        from autograder.report import html

        write_text(Path(html_to), html.render_run(evidence), remarks)
    return _end(evidence, remarks)


def _connection(text: str) -> tuple[str, str]:
    name, sign, kind = text.partition("=")
    kinds = sorted(set(_CONNECTIONS.values()))
    if not name or not sign or kind not in kinds:
        raise click.UsageError(f"--connection wants ID=KIND, KIND one of {', '.join(kinds)}; not {text!r}.")
    return name, kind


def _of_exercises(course: Course) -> dict[str, str]:
    """The connections of every exercise, so that a learner's own file finds those that its brief names."""
    from autograder.cli.finding import all_exercises

    try:
        every = all_exercises(course)
    except Stop:
        # Somebody is writing an exercise; that is no reason not to run a DAG.
        return {}
    return {name: kind for one in every for name, kind in one.connections.items()}


def _run(
    course: Course,
    file: Path,
    scenario: Scenario,
    connections: dict[str, str],
    seed: int | None,
    wall: int,
    remarks: Console,
) -> Evidence:
    """Run it once, in a folder that is gone afterwards.

    :raises Stop: when there is nothing to run, or we failed.
    """
    from autograder import evidence, grading
    from autograder.cli.runners import open_pool
    from autograder.control import Job

    submission = _read(course, file)
    course.require_work()
    with tempfile.TemporaryDirectory(prefix="autograder-run-") as private:
        submission.write(Path(private, "submission"))
        job = Job(
            name="run",
            scenario=scenario,
            seed=grading.new_seed() if seed is None else seed,
            folder=str(Path(private, "submission")),
            entry=submission.entry,
            connections=connections,
            wall=wall,
            destination=str(Path(private, "evidence")),
        )
        remarks.print(f"Running {course.shown(file.absolute())} …", markup=False, soft_wrap=True)
        with open_pool(course.work, 1, remarks) as pool:
            for done in pool.run([job]):
                if done.path is not None:
                    return evidence.load(Path(done.path))
                if done.problem is not None:
                    raise Stop(
                        f"{done.problem.title} {done.problem.advice}\n{done.problem.full_traceback}".strip()
                    )
    raise Stop("The run came to no end that was recorded. This is a fault of ours: please report it.")


def _read(course: Course, file: Path) -> Submission:
    """A lone file, as if it were an exercise's only one.

    :raises Stop: when it cannot be read, or is not Python.
    """
    from autograder import submission
    from autograder.catalog import Exercise, Limits

    try:
        if file.is_dir():
            raise Stop(f"No run: {file} is a folder; name the DAG file in it.")
    except OSError:
        pass  # said below
    if file.suffix != ".py":
        raise Stop(f"No run: {file} is no Python file; the name of a DAG file ends in .py.")
    alone = Exercise(
        number=0,
        slug="run",
        folder=course.root,
        title="",
        lesson="",
        minutes=0,
        dag_id=None,
        files=(file.name,),
        connections={},
        limits=Limits(),
        parts=(),
    )
    try:
        found = submission.find(file, alone, course.work)
    except submission.SubmissionError as error:
        raise stop_for(error.problem, "No run") from error
    if found.problem is not None:
        raise stop_for(found.problem, "No run", NOT_ALL_POINTS)
    return found


def _end(evidence: Evidence, remarks: Console) -> int:
    match evidence.outcome:
        case "ran":
            code, said = 0, f"The DAG ran; its run ended as {evidence.state}."
        case "error" | "timeout":
            code, said = 1, "The DAG could not be run to its end."
        case _:
            code, said = 2, "No run: the grader cannot do this yet, or failed. It is not your fault."
    remarks.print(f"{said} (exit code {code})", markup=False, soft_wrap=True)
    return code
