"""What was asked for and did not come to pass, a fault, a mark, an answer: another run than was meant, or a remark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograder.evidence import Evidence

__all__ = ["remarks", "unreachable"]


def unreachable(evidence: Evidence) -> str:
    """Why this is not the run that was meant: the DAG lacks a task, or an exception cannot be had. Or nothing."""
    if not _began(evidence):
        return ""
    from autograder.checks.words import listing, no_task

    has = evidence.task_ids
    tasks = f"Its tasks: {listing([f'`{one}`' for one in has])}."
    for task in evidence.scenario.faults:
        if task not in has:
            why = "A fault for a task that is not there is no run to show."
            return f"{no_task(has, task, asked=True)} {tasks} {why}"
    for mark in evidence.scenario.marks:
        if mark.task is not None and mark.task not in has:
            return f"{no_task(has, mark.task, asked=True)} {tasks} Nobody can mark what is not there."
    for task in evidence.scenario.responses:
        if task not in has:
            return f"{no_task(has, task, asked=True)} {tasks} Nobody can answer what is not there."
    for text in _unraisable(evidence):
        return f"{text}. Is the path spelt right, and will one text do to make it?"
    return ""


def remarks(evidence: Evidence) -> list[str]:
    """What is to be said of faults that no try came to, and of answers that no task asked for."""
    return [*_too_late(evidence), *_unasked(evidence)] if _began(evidence) else []


def _began(evidence: Evidence) -> bool:
    return evidence.outcome in ("ran", "timeout") and bool(evidence.task_ids)


def _unraisable(evidence: Evidence) -> Iterator[str]:
    """As the jail tells it, which is all that is known of it here."""
    from autograder.jail.faults import UNRAISABLE

    for event in evidence.logs:
        for error in event.errors:
            if error.message.startswith(UNRAISABLE):
                yield f"T{error.message[1:]}"


def _unasked(evidence: Evidence) -> Iterator[str]:
    asked = {change.task_id for change in evidence.transitions if change.state == "awaiting_input"}
    for task in evidence.scenario.responses:
        if task not in asked:
            yield f"{task} never asked anybody, so nobody answered."


def _too_late(evidence: Evidence) -> Iterator[str]:
    tries: dict[str, int] = {}
    for task in evidence.tasks:
        tries[task.task_id] = max(tries.get(task.task_id, 0), task.tries)
    for name, faults in evidence.scenario.faults.items():
        last = len(faults) if isinstance(faults, list) else 0
        had = tries.get(name, 0)
        if last > had:
            number = "no try" if not had else "one try" if had == 1 else f"{had} tries"
            yield (
                f"{name} had {number}, so nothing came of its fault at try {last}. "
                "A try follows only on one that failed, and as long as there are retries: see --retries."
            )
