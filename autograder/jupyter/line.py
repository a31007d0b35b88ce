"""What may follow ``%%dag``, read by the same code that reads the command line."""

from __future__ import annotations

import shlex
from typing import Any

import click
from click.core import ParameterSource

from autograder.cli.options import hints_option, traceback_option
from autograder.cli.scenarios import scenario_options

__all__ = ["Wrong", "command", "help_text", "read"]

_GRADING = {"exercise", "run", "part", "hints", "traceback", "file", "seed"}
"""What may be said when a cell is graded; all else says what a run is like."""


class Wrong(Exception):
    """What was asked for cannot be done. The text is a sentence."""


@click.command("dag", options_metavar="[OPTIONS]", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("exercise", required=False)
@click.option("--run", is_flag=True, help="Only run it, under the faults that are named; no grading.")
@click.option("--part", metavar="ID", help="Only this part, such as 2.1.")
@hints_option()
@traceback_option()
@click.option(
    "--file", metavar="NAME", help="The file that the cell is saved as, where it is not the usual one."
)
@scenario_options
def command(**options: Any) -> dict[str, Any]:
    """Save the cell below, grade it, and show the result: %%dag 02.

    With --run it is only run, under the faults that are named, and what happened is shown: %%dag --run --fail
    load=ConnectionError@2 (the first two tries). Without a cell, %dag 02 grades the file as it is.
    """
    return options


def read(line: str) -> dict[str, Any] | None:
    """The options in a line; None: somebody asks what they can be.

    :raises Wrong: when they do not go together.
    :raises click.UsageError: when one of them cannot be understood.
    """
    try:
        words = shlex.split(line)
    except ValueError:
        raise Wrong(f"A quotation mark in `{line.strip()}` is never closed.") from None
    context = _context()
    try:
        command.parse_args(context, words)
    except click.exceptions.Exit:
        return None
    options: dict[str, Any] = context.params
    if options["run"] and (options["exercise"] or options["part"]):
        raise Wrong("--run runs the cell without grading: leave out the exercise and its part.")
    given = [one for one in command.params if _is_given(context, one)]
    if not options["run"] and (odd := [one for one in given if one.name not in _GRADING]):
        raise Wrong(f"{odd[0].opts[0]} is for --run: an exercise chooses by itself what goes wrong.")
    return options


def help_text() -> str:
    """What ``%%dag --help`` says."""
    return command.get_help(_context())


def _context() -> click.Context:
    return click.Context(command, info_name="%%dag", max_content_width=100)


def _is_given(context: click.Context, parameter: click.Parameter) -> bool:
    return context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
