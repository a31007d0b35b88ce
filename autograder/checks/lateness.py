"""Demands on a deadline: when it is due, what became of it, and whether its callback did its work."""

from __future__ import annotations

from typing import Self

from autograder import deadlinewords
from autograder.checks import diagnosis, words
from autograder.checks.deadlines import DeadlineView
from autograder.checks.failure import CheckFailed
from autograder.faults import seconds
from autograder.spans import after_start

__all__ = ["DeadlineExpectation"]


class DeadlineExpectation:
    """Demands on one deadline."""

    def __init__(self, deadline: DeadlineView) -> None:
        self._deadline = deadline

    def due(self, moment: float | str, *, give: float = 5.0) -> Self:
        """It is due at this moment (``"2h"``) after the start of the run, give or take so many seconds."""
        wanted = seconds(moment)
        if abs(self._deadline.at - wanted) > give:
            name = f" `{self._deadline.alert}`" if self._deadline.alert else ""
            raise self._fail(
                f"The deadline{name} is due {after_start(self._deadline.at)}, not {after_start(wanted, 'it')}.",
                f"a deadline that is due {after_start(wanted)}",
            )
        return self._seen()

    def missed(self) -> Self:
        """Its moment came, and the run had not succeeded."""
        if self._deadline.missed is None:
            raise self._fail(f"{self._name} was not missed: {self._instead}.", "a deadline that is missed")
        return self._seen()

    def dropped(self) -> Self:
        """The run succeeded in time, so that nobody was told anything."""
        if self._deadline.dropped is None:
            became = "it was missed" if self._deadline.missed is not None else self._instead
            raise self._fail(f"{self._name} was not dropped: {became}.", "a deadline that is dropped")
        return self._seen()

    def handled(self) -> Self:
        """It was missed, and its callback came to its end without an error."""
        self.missed()
        if complaint := self._deadline.complaint:
            raise self._fail(complaint, "a callback that comes to its end without an error")
        return self

    @property
    def _name(self) -> str:
        return words.capital(deadlinewords.name(self._deadline.record))

    @property
    def _instead(self) -> str:
        if self._deadline.dropped is not None:
            return "the run succeeded in time"
        return "its moment had not come when everything was over"

    def _fail(self, message: str, expected: str) -> CheckFailed:
        return diagnosis.failed(
            message, expected=expected, observed=self._deadline.when, items=(self._deadline,)
        )

    def _seen(self) -> Self:
        self._deadline.look()
        return self
