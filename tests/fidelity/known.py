"""The differences between the two worlds that cannot be removed, each with its reason; docs/reference/differences.md
tells people the same."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["KNOWN", "Known"]


@dataclass(frozen=True)
class Known:
    """A difference that is as it should be.

    :param said: matches the sentences by which ``record.differences`` tells of it.
    :param here: what our runner does.
    :param really: what a real Airflow does.
    :param reason: why that stays.
    """

    said: re.Pattern[str]
    here: str
    really: str
    reason: str


KNOWN: dict[str, Known] = {}
