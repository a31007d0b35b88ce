"""The triggerer of one run: a child for every trigger that somebody waits for."""

from __future__ import annotations

from datetime import datetime

from autograder.airflow33.deadlines import Deadlines
from autograder.airflow33.triggering import TriggerSupervision, wanted
from autograder.control.children import Children

__all__ = ["Triggerer"]


class Triggerer:
    def __init__(self, children: Children, deadlines: Deadlines) -> None:
        self._children, self._deadlines = children, deadlines
        self._started: set[tuple[int, datetime]] = set()
        self._cancelled: set[int] = set()
        """Executions of triggers that have been told that nobody waits for them."""

    def tend(self) -> bool:
        """Start the triggers that are new, cancel those that nobody waits for. True when there were any."""
        rows = wanted()
        known = {(row.id, row.created) for row in rows}
        unwanted = [
            live
            for live in self._children.live
            if isinstance(live.supervision, TriggerSupervision)
            and (live.supervision.row.id, live.supervision.row.created) not in known
            and live.who.id not in self._cancelled
        ]
        for live in unwanted:
            self._cancelled.add(live.who.id)
            self._children.cancel(live)
        new = [row for row in rows if (row.id, row.created) not in self._started]
        for row in new:
            self._started.add((row.id, row.created))
            deadline = None if row.callback_id is None else self._deadlines.of_callback(row.callback_id)
            self._children.serve(self._children.start_trigger(row, deadline))
        return bool(new or unwanted)
