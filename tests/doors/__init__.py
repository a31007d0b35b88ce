"""The ways in other than ``make study``: what can be checked of them without a container engine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

ROOT = Path(__file__).parents[2]

__all__ = ["ROOT", "accepts"]


def accepts(command: list[str]) -> bool:
    """Whether a container's command is one of ours that takes these arguments. Nothing is started: it is asked for
    its help, which refuses options that it does not know."""
    if command[0] == "autograder":
        from autograder.cli import program

        return CliRunner().invoke(program, [*command[1:], "--help"]).exit_code == 0
    assert command[0] == "python", command
    script = ROOT / Path(command[1]).relative_to("/course")
    asked = [sys.executable, str(script), *command[2:], "--help"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0
