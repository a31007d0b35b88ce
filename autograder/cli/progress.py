"""What is shown while a check goes on: scenarios and outcomes as they arrive."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleRenderable, Group
from rich.live import Live
from rich.spinner import Spinner

from autograder.report import terminal

if TYPE_CHECKING:
    from autograder.result import CheckResult

__all__ = ["Progress"]

_LAST_LINES = 12


class Progress:
    """On a terminal a few lines that make way for the report; elsewhere a plain line for each event."""

    def __init__(self, console: Console, checks: int, scenarios: int) -> None:
        self._console = console
        self._checks = checks
        self._scenarios = scenarios
        self._stored = 0
        self._lines: list[ConsoleRenderable] = []
        self._spinner = Spinner("dots")
        self._live = (
            Live(console=console, transient=True, refresh_per_second=12) if console.is_terminal else None
        )

    def __enter__(self) -> Progress:
        if self._live:
            self._live.start()
            self._refresh()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def stored(self, name: str) -> None:
        """A scenario has been run."""
        self._stored += 1
        if self._live:
            self._refresh()
        else:
            self._console.print(
                f"scenario {self._stored} of {self._scenarios}: {name}", markup=False, soft_wrap=True
            )

    def done(self, check: CheckResult) -> None:
        """A check has been answered."""
        self._lines.append(terminal.line(check))
        if self._live:
            self._refresh()
        else:
            self._console.print(self._lines[-1])

    def _refresh(self) -> None:
        assert self._live is not None
        scenarios = f"{self._stored} of {self._scenarios} scenarios run"
        self._spinner.update(text=f"{scenarios}, {len(self._lines)} of {self._checks} checks answered")
        self._live.update(Group(*self._lines[-_LAST_LINES:], self._spinner))
