"""The command ``autograder``. Each command is a module of its own, imported only when it is called."""

from __future__ import annotations

import errno
import importlib
import os
import signal
import sys
import time
from contextlib import suppress
from types import FrameType
from typing import Any, NoReturn

import click

from autograder import __version__
from autograder.cli.ending import INTERRUPTED, NO_GRADE, NOT_ALL_POINTS, Stop
from autograder.course import CourseError
from autograder.session import Refused

__all__ = ["main", "program"]

# Command → where it is. Without summaries here, `--help` imports them all; each is light until it is called.
_COMMANDS = {
    "study": "studying",
    "list": "listing",
    "start": "starting",
    "reset": "resetting",
    "check": "checking",
    "run": "running",
    "regrade": "regrading",
    "prove": "proving",
    "doctor": "doctor",
    "site": "siting",
    "try": "trying",
}
_REFUSALS = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR}
"""What the system says when it is neither the learner's code nor ours that is at fault."""
_INTERRUPTED = "Interrupted: nothing more was done."
_AGAIN = 1.0
"""Seconds within which an interrupt that is repeated is the same one."""


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


@click.group(
    cls=_Lazy,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="autograder")
@click.pass_context
def program(ctx: click.Context) -> None:
    """When Tasks Fail: run your DAG under real Airflow, with tasks that fail on purpose, and see what its
    callbacks did.

    \b
    Exit codes: 0 all points; 1 not all points; 2 no grade (bad usage, a file that cannot be read,
    or a fault of ours); 130 interrupted.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
        raise Stop("\nWhich command?")


class _Interrupt:
    """What a signal does that is to end us."""

    def __init__(self) -> None:
        self._last = float("-inf")

    @property
    def heard(self) -> bool:
        return self._last > float("-inf")

    def __call__(self, number: int, frame: FrameType | None) -> None:
        before, self._last = self._last, time.monotonic()
        # Repeated at once it means the same, and would meet nothing but the answer to itself.
        if self._last - before > _AGAIN:
            raise KeyboardInterrupt


_interrupt = _Interrupt()


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run a command and leave with its exit code; whatever goes wrong is said in a sentence."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _interrupt)
    try:
        code = _run(arguments)
    except KeyboardInterrupt:
        code = INTERRUPTED  # a later one, while the first was answered
    # Nothing is left to interrupt but Python's own end, which would complain.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(_flushed(code))


def _flushed(code: int) -> int:
    """The exit code, once all output is out: what cannot be written would end Python with a code of its own."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            code = max(code, NO_GRADE)
    return code


def _run(arguments: list[str] | None) -> int:
    try:
        code: Any = program.main(arguments, prog_name="autograder", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.UsageError as error:
        if error.ctx is not None:
            click.echo(error.ctx.get_usage(), err=True)
        return _end(error.format_message(), NO_GRADE)
    except click.ClickException as error:
        return _end(error.format_message(), NO_GRADE)
    except Stop as stop:
        return _end(str(stop), stop.code)
    except Refused as refused:
        return _end(str(refused), NOT_ALL_POINTS if refused.yours else NO_GRADE)
    except CourseError as error:
        return _end(str(error), NO_GRADE)
    except (click.Abort, KeyboardInterrupt):
        return _end(_INTERRUPTED, INTERRUPTED)
    except (BrokenPipeError, SystemExit):
        # Whoever read our output has enough (click and rich then leave the program by themselves). The interpreter
        # must not complain about it while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NO_GRADE
    except OSError as error:
        if error.errno not in _REFUSALS:
            return _ours(error)
        # Of a copy that fails, the second name is where it was to go.
        what = error.filename2 or error.filename or "The output"
        return _end(f"{what} cannot be used: {error.strerror}.", NO_GRADE)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("", "autograder", "coursekit"):
            return _ours(error)
        # No learner's code is imported here: it is our set-up that lacks something.
        said = (
            f"This needs {error.name}, which is not installed: `make study`, in the course's folder, gets it."
        )
        return _end(said, NO_GRADE)
    except Exception as error:
        # Amid a library that is written in another language, an interrupt becomes an error of that library.
        return _end(_INTERRUPTED, INTERRUPTED) if _interrupt.heard else _ours(error)


def _ours(error: Exception) -> int:
    if os.environ.get("AUTOGRADER_TRACEBACK"):
        raise error
    said = f"The grader itself failed ({type(error).__name__}: {error}). This is our fault, not yours, "
    return _end(
        f"{said}and costs you nothing. AUTOGRADER_TRACEBACK=1 shows where; please report it.", NO_GRADE
    )


def _end(sentence: str, code: int) -> int:
    # The terminal may be gone, which is what ends us.
    with suppress(OSError):
        click.echo(f"{sentence} (exit code {code})", err=True)
    return code
