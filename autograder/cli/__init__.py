"""The command ``autograder``. Each command is a module of its own, imported only when it is called."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from types import FrameType
from typing import Any, NoReturn

import click

from autograder import __version__
from autograder.cli.ending import INTERRUPTED, NO_GRADE, Stop

__all__ = ["main", "program"]

# Command → where it is. Without summaries here, `--help` imports them all; each is light until it is called.
_COMMANDS = {
    "list": "listing",
    "start": "starting",
    "check": "checking",
    "run": "running",
    "regrade": "regrading",
    "prove": "proving",
    "doctor": "doctor",
    "try": "trying",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"autograder.cli.{_COMMANDS[cmd_name]}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in _COMMANDS:
            from difflib import get_close_matches

            near = get_close_matches(args[0], _COMMANDS, n=1)
            hint = f" Did you mean `{near[0]}`?" if near else ""
            ctx.fail(f"There is no command `{args[0]}`.{hint} `autograder --help` lists them.")
        return super().resolve_command(ctx, args)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="autograder")
def program() -> None:
    """When Tasks Fail: run your DAG under real Airflow, with tasks that fail on purpose, and see what its
    callbacks did.

    \b
    Exit codes: 0 all points; 1 not all points; 2 no grade (bad usage, a file that cannot be read,
    or a fault of ours); 130 interrupted.
    """


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run a command and leave with its exit code; whatever goes wrong is said in a sentence."""
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(_run(arguments))


def _run(arguments: list[str] | None) -> int:
    try:
        code: Any = program.main(arguments, prog_name="autograder", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.UsageError as error:
        if error.ctx is not None:
            click.echo(error.ctx.get_usage(), err=True)
        return _end(f"{error.format_message()} (exit code {NO_GRADE})", NO_GRADE)
    except click.ClickException as error:
        return _end(f"{error.format_message()} (exit code {NO_GRADE})", NO_GRADE)
    except Stop as stop:
        return _end(f"{stop} (exit code {stop.code})", stop.code)
    except (click.Abort, KeyboardInterrupt):
        return _end(f"Interrupted: nothing more was done. (exit code {INTERRUPTED})", INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has enough; the interpreter must not complain about it while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NO_GRADE
    except Exception as error:
        return _ours(error)


def _ours(error: Exception) -> int:
    if os.environ.get("AUTOGRADER_TRACEBACK"):
        raise error
    said = f"The grader itself failed ({type(error).__name__}: {error}). This is our fault, not yours, "
    said += "and costs you nothing. AUTOGRADER_TRACEBACK=1 shows where; please report it."
    return _end(f"{said} (exit code {NO_GRADE})", NO_GRADE)


def _end(sentence: str, code: int) -> int:
    click.echo(sentence, err=True)
    return code


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
