"""What appears below a cell: one output that changes while the grader is at work, and then is the card."""

from __future__ import annotations

from io import StringIO
from typing import Any

from autograder.evidence import Evidence, Problem
from autograder.grading import Begun, CheckDone, Event, ScenarioStored
from autograder.jupyter.output import Output
from autograder.report import html, terminal
from autograder.report.beside import Beside
from autograder.result import CheckResult
from autograder.session import Graded

__all__ = ["Card", "Live", "message_card", "result_card", "run_card"]

_WIDTH = 100
_LINES = 12
Bundle = dict[str, str]


class Card:
    """A card, as a notebook shows it and as plain text. As a number it is the score."""

    def __init__(self, markup: str, text: str, score: float = 0.0) -> None:
        self.markup, self.text, self.score = markup, text, score
        self._cell, self._shown = _cell(), False

    def __float__(self) -> float:
        return self.score

    def __repr__(self) -> str:
        return self.text

    @property
    def bundle(self) -> Bundle:
        return {"text/html": self.markup, "text/plain": self.text}

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Bundle:
        return self.bundle

    def _ipython_display_(self) -> None:
        if self._shown or self._cell != _cell():
            raise NotImplementedError
        # As its own cell's value it is there already: the output that showed the progress has become it.
        self._shown = True


def _cell() -> int | None:
    """The number of the cell that is being run."""
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    return None if shell is None else int(shell.execution_count)


class Live:
    """The one output of a cell."""

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._begun = Begun(checks=0, scenarios=0)
        self._stored = 0
        self._checks: list[CheckResult] = []
        self._output = Output(self._progress())

    def tell(self, event: Event) -> None:
        """Show one sign of life."""
        match event:
            case Begun():
                self._begun = event
            case ScenarioStored():
                self._stored += 1
                self._doing = "Running your DAG …"
            case CheckDone():
                self._checks.append(event.check)
        self._output.show(self._progress())

    def say(self, doing: str) -> None:
        """Show what takes so long."""
        self._doing = doing
        self._output.show(self._progress())

    def end(self, card: Card) -> Card:
        """Let the card take the place of the progress."""
        self._output.show(card.bundle)
        return card

    def _progress(self) -> Bundle:
        of = self._begun.scenarios
        markup = html.render_progress(self._doing, self._stored, of, self._checks[-_LINES:])
        counted = f" {self._stored} of {of} scenarios run." if of else ""
        return {"text/html": markup, "text/plain": f"{self._doing}{counted}"}


def result_card(graded: Graded, beside: Beside, hints: int, *, full_traceback: bool) -> Card:
    """The result of a check."""
    result, evidence = graded.result, graded.evidence
    console, text = _paper()
    terminal.show(
        result,
        evidence=evidence,
        sources=graded.sources,
        hints=hints,
        full_traceback=full_traceback,
        beside=beside,
        console=console,
    )
    score = max(0.0, float(result.score or 0))
    return Card(
        html.render_card(result, evidence, graded.sources, beside, hints=hints),
        text.getvalue().rstrip(),
        score,
    )


def run_card(evidence: Evidence, beside: Beside, *, full_traceback: bool) -> Card:
    """A run that nobody grades."""
    console, text = _paper()
    terminal.show_run(evidence, console, full_traceback=full_traceback, beside=beside, brief=True)
    return Card(html.render_run_card(evidence, beside), text.getvalue().rstrip())


def message_card(title: str, sentence: str, problem: Problem | None = None, *, listing: str = "") -> Card:
    """Why there is neither."""
    markup = html.render_message(title, sentence, problem, listing=listing)
    return Card(markup, "\n".join(filter(None, (f"{title}. {sentence}", listing))))


def _paper() -> tuple[Any, StringIO]:
    from rich.console import Console

    text = StringIO()
    return Console(
        file=text, width=_WIDTH, color_system=None, highlight=False, force_terminal=False, force_jupyter=False
    ), text
