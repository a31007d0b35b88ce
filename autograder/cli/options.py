"""Options that several commands have, spelt and explained once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = [
    "SUBMITTED",
    "WholeNumber",
    "hints_option",
    "html_option",
    "jobs_option",
    "json_option",
    "seed_option",
    "traceback_option",
]

Command = TypeVar("Command", bound=Callable[..., Any])

SUBMITTED = click.Path(path_type=Path, readable=False)
"""What was handed in; whether it can be read is said by whoever reads it."""


class WholeNumber(click.IntRange):
    """A number in a range, called so when it is none."""

    name = "whole number"


def json_option(what: str) -> Callable[[Command], Command]:
    return click.option(
        "--json", "json_to", metavar="FILE|-", help=f"Write {what} as JSON; - is standard output."
    )


def html_option() -> Callable[[Command], Command]:
    return click.option("--html", "html_to", metavar="FILE", help="Write the report as one HTML file.")


def hints_option() -> Callable[[Command], Command]:
    return click.option(
        "--hints", type=WholeNumber(min=0), default=0, help="Show this many hints of each check."
    )


def traceback_option() -> Callable[[Command], Command]:
    return click.option(
        "--traceback", type=click.Choice(["short", "full"]), default="short", help="Airflow's frames too."
    )


def seed_option() -> Callable[[Command], Command]:
    return click.option(
        "--seed", type=WholeNumber(min=0), help="The seed of the secrets; random unless given."
    )


def jobs_option() -> Callable[[Command], Command]:
    return click.option("--jobs", type=WholeNumber(1, 64), help="Scenarios run side by side.  [default: 2]")
