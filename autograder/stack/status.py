"""What is known of a stack at a moment, for its page and for the terminal."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

__all__ = ["Board", "Phase", "Status"]

Phase = Literal["starting", "running", "stopping", "failed"]


@dataclass(frozen=True)
class Status:
    phase: Phase = "starting"
    components: Mapping[str, str] = field(default_factory=dict)
    """Component → what is to be said of it."""
    problem: str = ""
    """Why there is no Airflow, and what to do: a sentence or two."""
    lines: tuple[str, ...] = ()
    """The last lines of the log that tells why."""


class Board:
    """The status, written by one thread and read by others; and the wish of whoever reads it."""

    def __init__(self) -> None:
        self._status = Status()
        self._lock = threading.Lock()
        self.again = threading.Event()
        """Somebody wants Airflow to be started again."""

    @property
    def status(self) -> Status:
        with self._lock:
            return self._status

    def post(self, **changes: Any) -> None:
        with self._lock:
            self._status = replace(self._status, **changes)
