"""What one check read of the evidence: how strong that is, what was seen, and what was found missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal

from autograder.evidence import STRENGTH
from autograder.result import EvidenceLine

__all__ = ["Reading", "current", "remark", "using"]


@dataclass
class Reading:
    """Filled while a check runs. Kinds are the names of Evidence's fields: mails, slack, calls, …"""

    kinds: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    """Kinds of which the check saw something that the learner's code brought about."""
    absent: set[str] = field(default_factory=set)
    """Kinds of which the check found nothing, and went on."""
    lines: list[EvidenceLine] = field(default_factory=list)
    """The items it looked at one by one."""
    where: str | None = None
    """The place in the learner's code that the last item looked at came from."""
    remarks: list[str] = field(default_factory=list)

    @property
    def strength(self) -> Literal["fact", "claim"] | None:
        """The weakest of all that was read; None when nothing was."""
        strengths = {STRENGTH[kind] for kind in self.kinds}
        if not strengths:
            return None
        return "claim" if "claim" in strengths else "fact"

    def look_at(self, line: EvidenceLine, where: str | None) -> None:
        """Keep an item for the learner to see, once."""
        if line not in self.lines:
            self.lines.append(line)
        if where is not None:
            self.where = where


_current: ContextVar[Reading | None] = ContextVar("reading", default=None)


def current() -> Reading:
    """The reading of the check that runs now; outside of a check, one that nobody looks at."""
    return _current.get() or Reading()


@contextmanager
def using(reading: Reading) -> Iterator[Reading]:
    """Let everything that is read in this block be noted in ``reading``."""
    token = _current.set(reading)
    try:
        yield reading
    finally:
        _current.reset(token)


def remark(sentence: str) -> None:
    """Say something to the learner although the check passes, for instance that a form is outdated."""
    current().remarks.append(sentence)
