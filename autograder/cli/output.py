"""Where output goes: people read standard output, unless a program asked for JSON there."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from autograder.cli.ending import Stop

__all__ = ["consoles", "write_json", "write_text"]

_WIDEST = 110


def consoles(json_to: str | None) -> tuple[Console, Console]:
    """The console for reports and the one for remarks; one and the same when standard output is JSON's."""
    remarks = _console(stderr=True)
    return (remarks if json_to == "-" else _console(stderr=False)), remarks


def write_json(target: str | None, text: str, remarks: Console) -> None:
    """Write a document to a file, to standard output, or nowhere."""
    if target == "-":
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    elif target:
        write_text(Path(target), text + "\n", remarks)


def write_text(path: Path, text: str, remarks: Console) -> None:
    """Write a file whole or not at all, and say where.

    :raises Stop: when it cannot be written.
    """
    try:
        _write(path.resolve(), text)
    except OSError as error:
        raise Stop(f"{path} cannot be written: {error.strerror}.") from error
    remarks.print(f"Written: {path}", markup=False, highlight=False, soft_wrap=True)


def _write(path: Path, text: str) -> None:
    if path.exists() and not path.is_file():
        # A device or a pipe takes text, and must not be replaced by a file.
        path.write_text(text, encoding="utf-8")
        return
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Not rich's exit code, which is that of a wrong answer."""
        raise BrokenPipeError


def _console(*, stderr: bool) -> Console:
    console = _Console(stderr=stderr, highlight=False)
    if console.width > _WIDEST:
        console.width = _WIDEST
    return console
