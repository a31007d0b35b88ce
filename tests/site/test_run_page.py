"""The page on `autograder run`: every option is there, and every line on it can be typed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click

from autograder.cli import running
from autograder.cli.scenarios import asked

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "run.md").read_text(encoding="utf-8")
WRITTEN = re.findall(r"^\| [^|]+ \| (.+) \|$", PAGE, re.M)
LINES = [line for cell in WRITTEN for line in re.findall(r"`(--[^`]+)`", cell)]
ELSEWHERE = {"--html", "--json", "--traceback", "--wall"}


def test_every_option_is_there() -> None:
    options = {name for one in running.command.params if isinstance(one, click.Option) for name in one.opts}
    assert {name for name in options if not re.search(rf"[ `]{name}[ `]", PAGE)} <= ELSEWHERE


def test_every_line_can_be_typed() -> None:
    assert len(LINES) > 25
    for line in LINES:
        context = click.Context(running.command)
        running.command.parse_args(context, ["dag.py", *shlex.split(line)])
        assert asked(context.params).scenario is not None
