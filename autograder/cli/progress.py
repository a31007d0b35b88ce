"""What is shown while a check goes on: scenarios and outcomes as they arrive."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console, ConsoleRenderable, Group
from rich.live import Live
from rich.spinner import Spinner

from autograder.grading import Begun, CheckDone, Event, ScenarioStored
from autograder.report import terminal
from autograder.report.screen import Screen
from autograder.result import CheckResult

__all__ = ["Progress"]

_LAST_LINES = 12


class Progress:
    """On a terminal a few lines that make way for the report; elsewhere a plain line for each event."""

    def __init__(self, console: Console, waiting: str) -> None:
        self._console = console
        self._begun = Begun(checks=0, scenarios=0)
        self._stored = 0
        self._lines: list[ConsoleRenderable] = []
        self._reasons: set[str] = set()
        self._spinner = Spinner("line" if console.options.ascii_only else "dots", text=waiting)
        self._live: Live | None = None
        if console.is_terminal:
            self._live = Live(self._view(), console=console, transient=True, refresh_per_second=12)

    def __enter__(self) -> Progress:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def tell(self, event: Event) -> None:
        match event:
            case Begun():
                self._begun = event
            case ScenarioStored():
                self._stored += 1
                if not self._live:
                    self._say(f"Scenario {self._stored} of {self._begun.scenarios}: {event.name}")
            case CheckDone():
                self._lines.append(terminal.line(event.check, reason=self._is_news(event.check)))
                if not self._live:
                    Screen.put(self._console, self._lines[-1])
        if self._live:
            self._live.update(self._view())

    def _is_news(self, check: CheckResult) -> bool:
        """What keeps the code from running keeps it from all checks alike, and is said once."""
        known = check.message in self._reasons
        if check.outcome in ("error", "timeout"):
            self._reasons.add(check.message)
        return not known

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _view(self) -> Group:
        if self._stored:
            scenarios = f"{self._stored} of {self._begun.scenarios} scenarios run"
            self._spinner.update(
                text=f"{scenarios}, {len(self._lines)} of {self._begun.checks} checks answered"
            )
        return Group(*self._lines[-_LAST_LINES:], self._spinner)
