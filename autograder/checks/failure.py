"""How a check ends other than well: the learner's answer is not there yet, or the check itself is wrong."""

from __future__ import annotations

from autograder.result import EvidenceLine

__all__ = ["CheckFailed", "CheckMistake"]


class CheckFailed(Exception):
    """What a check expected is not in the evidence. Costs the learner the check's points."""

    def __init__(
        self,
        message: str,
        *,
        expected: str = "",
        observed: str = "",
        lines: tuple[EvidenceLine, ...] = (),
        where: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected
        self.observed = observed
        self.lines = lines
        self.where = where


class CheckMistake(Exception):
    """The check asks what its scenario cannot answer. Ungradable: never costs the learner."""
