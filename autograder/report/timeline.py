"""A scenario as a pure layout: rows, bars, marks and jumps in time, and nothing of how they are drawn.

Virtual time has five-minute waits between attempts of ten milliseconds. So distances are only in part true
to time: an empty stretch that would dwarf the rest becomes a *jump* of fixed width that says how long it was,
and things that happen together are set apart far enough to be seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal

from autograder.evidence import Evidence, Execution, Mail, Metric, Post, SlackMessage
from autograder.records import Record
from autograder.report.text import plural, visible
from autograder.report.words import call_ending, duration, ending, moment, place, state_words, task_name

__all__ = ["Bar", "Jump", "Layout", "Mark", "MarkKind", "Row", "Tick", "Tone", "layout"]

MarkKind = Literal["call", "mail", "slack", "metric", "post"]
Delivery = Mail | SlackMessage | Metric | Post
Tone = Literal["success", "failed", "retry", "skipped", "other"]

MARK = 20.0
"""Space that one mark needs; the unit of every ``x`` is a picture's point at its natural size."""
LETTER = 6.4
BAR = 10.0
LINEAR = 60.0
JUMP = 78.0
DWARFS = 4
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
    """A task in the lane of a component; the DAG processor and the executor have one row each."""

    component: str
    label: str
    note: str = ""
    bars: list[Bar] = []
    marks: list[Mark] = []


class Jump(Record):
    """A stretch of time that is not drawn to scale."""

    start: float
    end: float
    x: float
    x_end: float
    label: str


class Tick(Record):
    x: float
    label: str


class Layout(Record):
    width: float
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
    axis = _Axis(shown, evidence)
    return Layout(
        width=axis.width,
        rows=[_placed(row, axis, evidence) for row in shown],
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
    if execution.component in ("DAG processor", "executor"):
        return execution.component, execution.component
    return execution.component, task_name(execution.task_id, execution.map_index) or execution.component


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
    if execution.try_number is not None and execution.component in ("worker", "triggerer"):
        return f"try {execution.try_number} {ending(execution)}".rstrip()
    called = sum(call.execution == execution.id for call in evidence.calls)
    if execution.component == "DAG processor":
        return plural(called, "callback") if called else "reads the file"
    return ending(execution) or "works"


class _Axis:
    """Where each instant lies: the leftmost place that leaves room for all that must be to the left of it."""

    def __init__(self, rows: Sequence[_Loose], evidence: Evidence) -> None:
        self.labels = {e.id: _bar_label(e, evidence) for row in rows for e in row.executions}
        instants = {0.0}
        for row in rows:
            instants.update(mark[0] for mark in row.marks)
            for execution in row.executions:
                instants.update((execution.started, _last(execution), execution.barrier or execution.started))
        times = sorted(instants)
        gaps = [(a, b) for a, b in pairwise(times)]
        spans = [(e.started, _last(e)) for row in rows for e in row.executions]
        idle = all(not any(start <= a and b <= end for start, end in spans) for a, b in gaps)
        leaps = _leaps([b - a for a, b in gaps], idle=idle)
        jumps = [gap for gap in gaps if gap[1] - gap[0] >= leaps]
        largest = max((b - a for a, b in gaps if b - a < leaps), default=1.0)
        room: dict[float, list[tuple[float, float]]] = {
            b: [(a, self._gap(a, b, leaps, largest))] for a, b in gaps
        }
        extents = [extent for row in rows for extent in self._extents(row)]
        following = [pair for row in rows for pair in self._following(row)]
        for start, end, width in following:
            if end > start:
                room[end].append((start, width))
        for a, b in jumps:
            room[b] += [(start, width + self._jump_width(a, b)) for start, width in extents if start <= a]
        self.x: dict[float, float] = {times[0]: 0.0}
        for time in times[1:]:
            self.x[time] = max(self.x[before] + width for before, width in room[time])
        self.width = max([self.x[start] + width for start, width in extents] + [self.x[times[-1]] + BAR])
        self.jumps = [
            Jump(
                start=a,
                end=b,
                x=self.x[b] - self._jump_width(a, b),
                x_end=self.x[b],
                label=f"+{duration(b - a)}",
            )
            for a, b in jumps
        ]
        self.ticks = list(self._ticks([times[0], *(b for _, b in jumps), times[-1]]))

    @staticmethod
    def _jump_width(a: float, b: float) -> float:
        return max(JUMP, LETTER * len(f"+{duration(b - a)}") + 34)

    def _gap(self, a: float, b: float, leaps: float, largest: float) -> float:
        return self._jump_width(a, b) if b - a >= leaps else max(4.0, LINEAR * (b - a) / largest)

    def _label(self, execution: Execution) -> float:
        return LETTER * len(self.labels[execution.id]) + 14

    def _extents(self, row: _Loose) -> Iterable[tuple[float, float]]:
        """From which instant on how much room is taken."""
        for execution in row.executions:
            yield execution.started, self._label(execution)
            yield _last(execution), BAR
        for at, count in Counter(mark[0] for mark in row.marks).items():
            yield at, count * MARK + 4

    def _following(self, row: _Loose) -> Iterable[tuple[float, float, float]]:
        """Which instant must be how far to the right of which."""
        for execution in row.executions:
            yield execution.started, _last(execution), BAR
        for one, other in pairwise(row.executions):
            yield one.started, other.started, self._label(one)
            yield _last(one), other.started, 4.0
        counts = Counter(mark[0] for mark in row.marks)
        for at, later in pairwise(sorted(counts)):
            yield at, later, counts[at] * MARK

    def _ticks(self, times: Iterable[float]) -> Iterable[Tick]:
        free, last = float("-inf"), ""
        for time in times:
            label = duration(time)
            if self.x[time] >= free and label != last:
                last = label
                yield Tick(x=self.x[time], label=label)
                free = self.x[time] + LETTER * len(label) + 16


def _leaps(gaps: Sequence[float], *, idle: bool) -> float:
    """From which length on a stretch is a jump: when it dwarfs all that is shorter taken together.

    :param idle: nothing ran in any of them, so even the shortest has nothing to show.
    """
    total = 0.0
    for gap in sorted(gaps):
        if gap >= 0.5 and gap > DWARFS * total and (total or idle):
            return gap
        total += gap
    return float("inf")


def _placed(row: _Loose, axis: _Axis, evidence: Evidence) -> Row:
    bars = [
        Bar(
            execution=execution.id,
            label=axis.labels[execution.id],
            tone=_TONES.get(execution.terminal or "", "other" if _unharmed(execution) else "failed"),
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


def _unharmed(execution: Execution) -> bool:
    return execution.component != "worker" and not execution.exit_code


def _detail(execution: Execution, evidence: Evidence) -> str:
    who = place(execution.task_id, execution.map_index, execution.try_number, execution.component)
    lasted = f", lasted {duration(_last(execution) - execution.started)}"
    end = _bar_label(execution, evidence) if execution.try_number is None else ending(execution)
    return f"{who}: {end}, at {moment(execution.started)}{lasted} ({round(execution.real_ms)} ms in truth)"
