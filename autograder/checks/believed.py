"""Evidence as checks are to believe it: without the callback calls that cannot have been."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograder.disagreements import refuted
from autograder.evidence import Evidence

__all__ = ["believed"]

_IN_CALLS = ("logs", "mails", "slack", "metrics", "posts")
"""The fields of evidence whose items say in which call they came."""


def believed(evidence: Evidence) -> Evidence:
    """The same evidence, where facts refute no call; else one in which what came in such a call came in none."""
    false = refuted(evidence)
    if not false:
        return evidence

    def aside(items: Sequence[Any]) -> list[Any]:
        return [item.model_copy(update={"call": None}) if item.call in false else item for item in items]

    kept = [call for call in evidence.calls if call.id not in false]
    return evidence.model_copy(
        update={"calls": kept} | {name: aside(getattr(evidence, name)) for name in _IN_CALLS}
    )
