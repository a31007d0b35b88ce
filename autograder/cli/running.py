"""``autograder run``: any DAG under chosen faults; no grading, only what happened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autograder import course as courses
from autograder.cli.options import SUBMITTED, html_option, json_option, traceback_option
from autograder.cli.scenarios import asked, scenario_options

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.evidence import Evidence

__all__ = ["command"]


@click.command("run")
@click.argument("file", type=SUBMITTED)
@scenario_options
@json_option("the evidence")
@html_option()
@traceback_option()
def command(file: Path, json_to: str | None, html_to: str | None, traceback: str, **options: Any) -> int:
    """Run a DAG with chosen faults and show what happened. No grading.

    Tasks without a fault do their own work. TRIES: @2 is the first two tries, then the task's own work;
    @2-2 is only the second; without it, every try. An option may be given again, for other tasks or tries.

    DURATION: 90s, 30min, 1h30m; nobody waits, because the run has a clock of its own. A MOMENT is a duration after
    the start of the run.

    \b
    Exit codes: 0 the DAG ran, whatever became of it; 1 it could not be run; 2 bad usage,
    a file that cannot be read, or a fault of ours; 130 interrupted.
    """
    from autograder.cli.grader import remark_on
    from autograder.cli.output import consoles, write_json, write_text
    from autograder.session import Session

    chosen = asked(options)
    course = courses.find()
    out, remarks = consoles(json_to)
    with Session(course, 1, on_remark=remark_on(remarks)) as session:
        submission = session.lone(file)
        course.require_work()
        remarks.print(f"Running {course.shown(file.absolute())} …", markup=False, soft_wrap=True)
        played = session.run(
            submission,
            chosen.scenario,
            connections=chosen.connections,
            seed=chosen.seed,
            wall=chosen.wall,
            dag_id=chosen.dag_id,
        )
    for remark in played.remarks:
        remarks.print(remark, markup=False, soft_wrap=True)

    from autograder.report import terminal

    terminal.show_run(played.evidence, out, full_traceback=traceback == "full")
    write_json(json_to, played.evidence.model_dump_json(indent=1), remarks)
    if html_to:
        from autograder.report import html

        write_text(Path(html_to), html.render_run(played.evidence), remarks)
    return _end(played.evidence, remarks)


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
