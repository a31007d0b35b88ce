"""A clock that cannot move on: noticed at once, and written down so that somebody can mend it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograder.airflow33.scheduling import TaskRow
from autograder.control.clock import Clock
from autograder.control.live import Live
from autograder.evidence import Problem

__all__ = ["Rounds", "Stuck", "record"]

_ROUNDS = 50
"""Rounds at one moment in which nothing becomes different. Airflow's scheduler needs three or four at most."""
_LAST = 5


class Stuck(Exception):
    """The run does not go on, and it is our fault; the text says how that shows."""


class Rounds:
    """Counts the rounds in which nothing happens."""

    def __init__(self) -> None:
        self._seen: Any = None
        self._rounds = 0

    def look(self, seen: Any) -> None:
        """One more round.

        :param seen: the moment, and all that could have changed in it.
        :raises Stuck: when there were too many of the same.
        """
        self._rounds = self._rounds + 1 if seen == self._seen else 0
        self._seen = seen
        if self._rounds >= _ROUNDS:
            raise Stuck(f"{_ROUNDS} rounds of the scheduler changed nothing and the clock did not move")


def record(
    why: Stuck,
    clock: Clock,
    state: str | None,
    rows: Sequence[TaskRow],
    live: Sequence[Live],
    due: int | None,
) -> Problem:
    """What everybody waits for.

    :param due: when the scheduler or a person is to do something next.
    """

    def at(moment: int | None) -> str:
        return "never" if moment is None else f"{(moment - clock.epoch) / 1e9:.3f} s"

    lines = [f"at {at(clock.now)}; the run is {state}; next due outside of the children: {at(due)}"]
    lines += [
        f"{row.task_id}{f'[{row.map_index}]' if row.map_index >= 0 else ''}: {row.state}, try {row.try_number}"
        for row in rows
    ]
    for child in live:
        who = child.who
        whose = f"{who.task_id} try {who.try_number}" if who.task_id else who.work or "the file"
        asked = ", ".join(frame.type for frame in who.frames[-_LAST:]) or "nothing"
        lines.append(
            f"execution {who.id} ({who.component}, {whose}): wakes {at(child.child.wake)}, is stopped "
            f"{at(child.stop_at)}, is killed {at(child.kill_at)}; outcome {who.terminal or 'not reported'}; "
            f"asked last: {asked}"
        )
    return Problem(
        title=f"The clock of this run cannot move on: {why}.",
        detail="\n".join(lines),
        advice="This is the grader's fault and costs you nothing. Please report it with this record.",
    )
