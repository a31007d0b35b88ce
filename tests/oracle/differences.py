"""What may differ between our rounds and Airflow's loop, and why."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["but_for_differences"]

_TRIGGER = re.compile(r"\bID \d+\b")
"""Airflow's loop forgets triggers that nobody needs every minute, the triggerer at once; SQLite then hands out their
ids again. We only do the latter, for nothing that a run leads to depends on the former."""


def but_for_differences(record: Any) -> Any:
    """The record without what may differ."""
    if isinstance(record, dict):
        return {key: but_for_differences(value) for key, value in record.items() if key != "trigger_id"}
    if isinstance(record, list):
        return [but_for_differences(each) for each in record]
    return _TRIGGER.sub("ID N", record) if isinstance(record, str) else record
