"""A scenario as a pure layout: rows, bars, marks and jumps in time, and nothing of how they are drawn.

Virtual time has five-minute waits between attempts of ten milliseconds. So distances are only in part true
to time: an empty stretch that would dwarf the rest becomes a *jump* of fixed width that says how long it was,
and things that happen together are set apart far enough to be seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from autograder import deadlinewords
from autograder.evidence import DeadlineRecord, Evidence, Execution, Mail, Metric, Post, SlackMessage
from autograder.records import Record
from autograder.report.axis import LETTER, Axis, Jump, Span, Tick, Track
from autograder.report.moments import Moment, moments
from autograder.report.text import plural, visible
from autograder.report.words import call_ending, ending, place, state_words, task_name
from autograder.spans import duration, moment

__all__ = ["Bar", "Jump", "Layout", "Mark", "MarkKind", "Row", "Tick", "Tone", "layout"]

MarkKind = Literal["call", "mail", "slack", "metric", "post"]
Delivery = Mail | SlackMessage | Metric | Post
Tone = Literal["success", "failed", "retry", "skipped", "other"]

MARK = 20.0
"""Space that one mark needs; the unit of every ``x`` is a picture's point at its natural size."""
ROWS = 60

_TONES: dict[str, Tone] = {
    "success": "success",
    "failed": "failed",
    "up_for_retry": "retry",
    "skipped": "skipped",
    "up_for_reschedule": "other",
    "deferred": "other",
}


class Bar(Record):
    """One execution."""

    execution: int
    label: str
    tone: Tone
    start: float
    end: float
    x: float
    x_barrier: float | None
    """Where the terminal message arrived: what follows is *after*."""
    x_end: float
    detail: str


class Mark(Record):
    """A callback call, or deliveries of one kind that arrived at one instant."""

    kind: MarkKind
    tone: Tone
    at: float
    x: float
    execution: int | None
    item: int
    """The id of the call, or of the first delivery."""
    label: str


class Row(Record):
    """A task, or a deadline's callback, in the lane of a component; the DAG processor has one row."""

    component: str
    label: str
    note: str = ""
    bars: list[Bar] = []
    marks: list[Mark] = []


class Layout(Record):
    width: float
    moments: list[Moment] = []
    """What happened to the run as a whole."""
    rows: list[Row]
    jumps: list[Jump]
    ticks: list[Tick]
    more: int = 0
    """Rows that were left out because there are too many to be seen."""


class _Loose:
    """A row whose things have their time, but no place yet."""

    def __init__(self, component: str, label: str) -> None:
        self.component, self.label, self.note = component, label, ""
        self.executions: list[Execution] = []
        self.marks: list[tuple[float, MarkKind, Tone, int | None, int, str]] = []


def layout(evidence: Evidence) -> Layout:
    """Lay out a scenario: all that happened, without the tasks that only counted as succeeded."""
    rows = _rows(evidence)
    for row in rows:
        row.executions.sort(key=lambda execution: (execution.started, execution.id))
        row.marks.sort(key=lambda mark: mark[0])
    shown = rows[:ROWS]
    labels = {e.id: _bar_label(e, evidence) for row in shown for e in row.executions}
    overall = moments(evidence)
    instants = Track(points=[(at, MARK) for at in {one.at for one in overall}])
    axis = Axis([instants, *(_track(row, labels) for row in shown)])
    told = list(_told(overall, axis))
    return Layout(
        width=max([axis.width, *(one.x + _room(one) for one in told)]),
        moments=told,
        rows=[_placed(row, axis, labels, evidence) for row in shown],
        jumps=axis.jumps,
        ticks=axis.ticks,
        more=len(rows) - len(shown),
    )


def _rows(evidence: Evidence) -> list[_Loose]:
    rows: dict[tuple[str, str], _Loose] = {}

    def row(component: str, label: str) -> _Loose:
        return rows.setdefault((component, label), _Loose(component, label))

    owner: dict[int, _Loose] = {}
    for execution in evidence.executions:
        owner[execution.id] = row(*_lane(execution))
        owner[execution.id].executions.append(execution)
    for call in evidence.calls:
        tone: Tone = "success" if call.returned else "failed" if call.returned is False else "other"
        label = f"callback {call.kind}[{call.index}] {call.name}, {call_ending(call)}"
        home = owner.get(call.execution) or row(call.component, task_name(call.task_id, call.map_index))
        home.marks.append((call.start, "call", tone, call.execution, call.id, label))
    for kind, group in _deliveries(evidence):
        first = group[0]
        nobody = row("stand-ins", "an address that was nobody's") if first.execution is None else None
        home = nobody or owner.get(first.execution or 0) or row(first.component or "stand-ins", "")
        names = _NAMES[kind]
        several = len(group) > 1
        count = plural(len(group), *names) if several else names[0]
        text = f"{count}: {_summary(first)}{' …' if several else ''}"
        home.marks.append((first.at, kind, "other", first.execution, first.id, text))
    for task in evidence.tasks:
        label = task_name(task.task_id, task.map_index)
        if not task.counted and task.state is not None and not any(r.label == label for r in rows.values()):
            row("worker", label).note = f"{state_words(task.state)}, never started"
    lanes = {name: number for number, name in enumerate(("worker", "triggerer", "DAG processor", "executor"))}
    order = {name: number for number, name in enumerate(evidence.task_ids)}
    return sorted(
        rows.values(),
        key=lambda r: (lanes.get(r.component, 9), order.get(r.label.split("[")[0], len(order))),
    )


def _lane(execution: Execution) -> tuple[str, str]:
    if execution.component == "DAG processor":
        return execution.component, execution.component
    work = deadlinewords.callback_path(execution.work or execution.component)
    return execution.component, task_name(execution.task_id, execution.map_index) or work


_NAMES: dict[MarkKind, tuple[str, str]] = {
    "mail": ("mail", "mails"),
    "slack": ("Slack message", "Slack messages"),
    "metric": ("metric", "metrics"),
    "post": ("monitoring post", "monitoring posts"),
}


def _deliveries(evidence: Evidence) -> Iterable[tuple[MarkKind, list[Delivery]]]:
    own = [metric for metric in evidence.metrics if not metric.own]
    kinds: tuple[tuple[MarkKind, Sequence[Delivery]], ...] = (
        ("mail", evidence.mails),
        ("slack", evidence.slack),
        ("metric", own),
        ("post", evidence.posts),
    )
    for kind, items in kinds:
        groups: dict[tuple[int | None, float], list[Delivery]] = {}
        for item in items:
            groups.setdefault((item.execution, item.at), []).append(item)
        for group in groups.values():
            yield kind, group


def _summary(item: Delivery) -> str:
    match item:
        case Mail():
            return item.subject
        case SlackMessage():
            return item.text.partition("\n")[0]
        case Metric():
            return item.name
        case Post():
            return f"{item.method} {item.path}, answered {item.status}"


def _last(execution: Execution) -> float:
    return max(execution.started, execution.ended or 0.0, execution.barrier or 0.0)


def _bar_label(execution: Execution, evidence: Evidence) -> str:
    label = visible(_bar_words(execution, evidence))
    return label if len(label) <= 40 else f"{label[:39]}…"


def _bar_words(execution: Execution, evidence: Evidence) -> str:
    deadline = _deadline(execution, evidence)
    if deadline is not None:
        named = f"{deadline.name}: " if deadline.name else ""
        return f"{named}{deadlinewords.callback_became(deadline)}"
    if execution.component == "triggerer":
        return (execution.work or "").rpartition(".")[2] or ending(execution) or "works"
    if execution.try_number is not None and execution.component == "worker":
        return f"try {execution.try_number} {ending(execution)}".rstrip()
    called = sum(call.execution == execution.id for call in evidence.calls)
    if execution.component == "DAG processor":
        return plural(called, "callback") if called else "reads the file"
    return ending(execution) or "works"


def _track(row: _Loose, labels: Mapping[int, str]) -> Track:
    spans = [
        Span(one.started, _last(one), LETTER * len(labels[one.id]) + 14, one.barrier)
        for one in row.executions
    ]
    return Track(spans, [(mark[0], MARK) for mark in row.marks])


def _told(overall: Sequence[Moment], axis: Axis) -> Iterator[Moment]:
    """Where each stands: on the first line below which no earlier label reaches as far."""
    ends: list[float] = []
    for one in overall:
        x = axis.x[one.at]
        line = next((n for n in range(len(ends)) if all(end <= x for end in ends[n:])), len(ends))
        ends[line:] = [x + _room(one)]
        yield one.model_copy(update={"x": x, "line": line})


def _room(one: Moment) -> float:
    return MARK + LETTER * len(one.label) + 12


def _placed(row: _Loose, axis: Axis, labels: Mapping[int, str], evidence: Evidence) -> Row:
    bars = [
        Bar(
            execution=execution.id,
            label=labels[execution.id],
            tone=_tone(execution, evidence),
            start=execution.started,
            end=_last(execution),
            x=axis.x[execution.started],
            x_barrier=None if execution.barrier is None else axis.x[execution.barrier],
            x_end=axis.x[_last(execution)],
            detail=_detail(execution, evidence),
        )
        for execution in row.executions
    ]
    marks, seen = [], Counter[float]()
    for at, kind, tone, execution, item, label in row.marks:
        x = axis.x[at] + seen[at] * MARK
        seen[at] += 1
        marks.append(Mark(kind=kind, tone=tone, at=at, x=x, execution=execution, item=item, label=label))
    return Row(component=row.component, label=row.label, note=row.note, bars=bars, marks=marks)


def _tone(execution: Execution, evidence: Evidence) -> Tone:
    deadline = _deadline(execution, evidence)
    state = execution.terminal if deadline is None else deadline.state
    harmed = execution.component == "worker" or execution.exit_code
    return _TONES.get(state or "", "failed" if harmed and not execution.stopped else "other")


def _deadline(execution: Execution, evidence: Evidence) -> DeadlineRecord | None:
    return next((one for one in evidence.deadlines if one.id == execution.deadline), None)


def _detail(execution: Execution, evidence: Evidence) -> str:
    work = deadlinewords.callback_path(execution.work or "")
    who = place(execution.task_id, execution.map_index, execution.try_number, execution.component)
    who = f"{work}, {who}" if work else who
    lasted = f", lasted {duration(_last(execution) - execution.started)}"
    end = _bar_label(execution, evidence) if execution.try_number is None else ending(execution)
    return f"{who}: {end}, at {moment(execution.started)}{lasted} ({round(execution.real_ms)} ms in truth)"
