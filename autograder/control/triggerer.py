"""The triggerer of one run: a child for every trigger that somebody waits for."""

from __future__ import annotations

from autograder.airflow33.deadlines import Deadlines
from autograder.airflow33.triggering import TriggerRow, TriggerSupervision, wanted
from autograder.control.children import Children
from autograder.control.live import Live

__all__ = ["Triggerer"]


class Triggerer:
    def __init__(self, children: Children, deadlines: Deadlines) -> None:
        self._children, self._deadlines = children, deadlines
        self._started: set[TriggerRow] = set()
        self._cancelled: set[TriggerRow] = set()

    @property
    def works(self) -> bool:
        """Whether there is or was a trigger."""
        return bool(self._started)

    def tend(self) -> bool:
        """Start the triggers that are new, cancel those that nobody waits for. True when there were any."""
        tended = False
        while self._tend():
            tended = True
        return tended

    def _tend(self) -> bool:
        rows = wanted()
        unwanted = [
            (row, live) for row, live in self._running().items() if row not in {*rows, *self._cancelled}
        ]
        for row, live in unwanted:
            self._cancelled.add(row)
            self._children.cancel(live)
        new = [row for row in rows if row not in self._started]
        for row in new:
            self._started.add(row)
            deadline = None if row.callback_id is None else self._deadlines.of_callback(row.callback_id)
            self._children.serve(self._children.start_trigger(row, deadline))
        return bool(new or unwanted)

    def lost(self) -> list[str]:
        """The tasks that wait for a trigger whose process has ended without a word."""
        running = self._running()
        return [row.task.task_id for row in wanted() if row.task is not None and row not in running]

    def _running(self) -> dict[TriggerRow, Live]:
        return {
            live.supervision.row: live
            for live in self._children.live
            if isinstance(live.supervision, TriggerSupervision)
        }
