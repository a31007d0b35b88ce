"""What happened to a run as a whole: deadlines that were missed or dropped, marks, answers, its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from autograder import deadlinewords
from autograder.evidence import DeadlineRecord, Evidence
from autograder.records import Record
from autograder.report.text import visible
from autograder.report.words import state_words
from autograder.spans import moment

__all__ = ["Moment", "MomentKind", "moments"]

MOST = 40
"""More than these cannot be told apart."""
_LONGEST = 40
MomentKind = Literal["deadline", "dropped", "mark", "answer", "end"]


class Moment(Record):
    """Something that happened to the run, at an instant."""

    kind: MomentKind
    at: float
    tone: Literal["success", "failed", "other"] = "other"
    label: str
    """A few words."""
    detail: str
    """A sentence without its full stop."""
    x: float = 0.0
    line: int = 0
    """On which line its label stands, so that labels do not meet."""


def moments(evidence: Evidence) -> list[Moment]:
    """In the order of time; nothing if there was nothing but the run's own end, and nobody was stopped by it."""
    found = [*_together(_deadlines(evidence)), *_marks(evidence), *_answers(evidence)]
    if not found and not any(execution.stopped for execution in evidence.executions):
        return []
    every = sorted([*found, *_end(evidence)], key=lambda one: one.at)
    rest = every[MOST - 1 :]
    if len(rest) < 2:
        return every
    said = f"{len(rest)} more"
    return [
        *every[: MOST - 1],
        rest[0].model_copy(update={"label": said, "detail": f"{said}, in the stored evidence"}),
    ]


def _deadlines(evidence: Evidence) -> Iterator[Moment]:
    for one in evidence.deadlines:
        if one.missed is not None:
            yield _deadline(one, "deadline", one.missed, "missed")
        elif one.pruned is not None:
            yield _deadline(one, "dropped", one.pruned, "dropped")


def _together(deadlines: Iterable[Moment]) -> Iterator[Moment]:
    """Those without names that came to the same at one instant are told as one."""
    alike: dict[tuple[str, float], list[Moment]] = {}
    for one in deadlines:
        alike.setdefault((one.label, one.at), []).append(one)
    for group in alike.values():
        first, *others = group
        if others:
            label = f"{len(group)} {first.label.replace('deadline', 'deadlines', 1)}"
            details = "; ".join(one.detail for one in group)
            first = first.model_copy(update={"label": label, "detail": details})
        yield first


def _deadline(one: DeadlineRecord, kind: Literal["deadline", "dropped"], at: float, fate: str) -> Moment:
    return Moment(
        kind=kind,
        at=at,
        tone="failed" if kind == "deadline" else "other",
        label=f"deadline {_short(one.name)} {fate}" if one.name else f"deadline {fate}",
        detail=f"{deadlinewords.title(one)}: {deadlinewords.became(one)}",
    )


def _marks(evidence: Evidence) -> Iterator[Moment]:
    for mark in evidence.scenario.marks:
        # Nobody came to it when everything was over before.
        if mark.at <= (evidence.ended or 0.0):
            subject = mark.task or "the run"
            said = f"{subject} marked {mark.state}"
            yield Moment(
                kind="mark",
                at=mark.at,
                label=_short(said),
                detail=f"{said} from outside at {moment(mark.at)}",
            )


def _answers(evidence: Evidence) -> Iterator[Moment]:
    for change in evidence.transitions:
        response = evidence.scenario.responses.get(change.task_id)
        if change.state != "awaiting_input" or response is None:
            continue
        at = change.at + response.after
        said = f"answer to {change.task_id}: {', '.join(response.options)}"
        if at <= (evidence.ended or 0.0):
            yield Moment(kind="answer", at=at, label=_short(said), detail=f"{said}, at {moment(at)}")


def _end(evidence: Evidence) -> Iterator[Moment]:
    at = evidence.run_ended
    if at is not None and evidence.state in ("success", "failed"):
        said = f"run {state_words(evidence.state)}"
        yield Moment(
            kind="end",
            at=at,
            tone="success" if evidence.state == "success" else "failed",
            label=said,
            detail=f"the run's end: {state_words(evidence.state)}, at {moment(at)}",
        )


def _short(text: str) -> str:
    shown = visible(text)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
