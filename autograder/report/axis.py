"""The axis of a timeline: where each instant lies, what is not drawn to scale, and which times are written out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from autograder.records import Record
from autograder.spans import duration

__all__ = ["BAR", "LETTER", "Axis", "Jump", "Span", "Tick", "Track"]

LETTER = 6.4
"""The width of a letter; the unit of all that is measured here is a picture's point at its natural size."""
BAR = 10.0
_LINEAR = 60.0
_WIDE = 560.0
_JUMP = 78.0
_DWARFS = 4
_TICKS = 8
_STEPS = (60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)


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


@dataclass(frozen=True)
class Span:
    """Something that lasts, and how much room it takes from its start on."""

    start: float
    end: float
    room: float
    between: float | None = None
    """An instant in it that has to be found on the axis."""


@dataclass
class Track:
    """What stands in one row, so that nothing of it may overlap."""

    spans: list[Span] = field(default_factory=list)
    points: list[tuple[float, float]] = field(default_factory=list)
    """Instants, and the room that what happened at them takes."""


class Axis:
    """Where each instant lies: the leftmost place that leaves room for all that must be to the left of it.

    Virtual time has waits of minutes between attempts of milliseconds. So a stretch that would dwarf the rest is a
    jump, of one width however long it is. Where several of these are filled with work, they are to scale among
    themselves, and only an empty one that would dwarf all the others is a jump.
    """

    def __init__(self, tracks: Sequence[Track]) -> None:
        instants = {0.0}
        for track in tracks:
            instants.update(at for at, _ in track.points)
            for span in track.spans:
                instants.update((span.start, span.end, span.start if span.between is None else span.between))
        self._times = sorted(instants)
        gaps = list(pairwise(self._times))
        self._scale(gaps, [span for track in tracks for span in track.spans])
        room: dict[float, list[tuple[float, float]]] = {b: [(a, self._gap(a, b))] for a, b in gaps}
        extents = [extent for track in tracks for extent in _extents(track)]
        for start, end, width in (pair for track in tracks for pair in _following(track)):
            if end > start:
                room[end].append((start, width))
        jumps = [(a, b) for a, b in gaps if self._leaps(b - a)]
        for a, b in jumps:
            room[b] += [(start, width + _jump_width(a, b)) for start, width in extents if start <= a]
        self.x: dict[float, float] = {self._times[0]: 0.0}
        for time in self._times[1:]:
            self.x[time] = max(self.x[before] + width for before, width in room[time])
        self.width = max(
            [self.x[start] + width for start, width in extents] + [self.x[self._times[-1]] + BAR]
        )
        self.jumps = [
            Jump(
                start=a, end=b, x=self.x[b] - _jump_width(a, b), x_end=self.x[b], label=f"+{duration(b - a)}"
            )
            for a, b in jumps
        ]
        self.ticks = list(self._written_out())

    def _scale(self, gaps: Sequence[tuple[float, float]], spans: Sequence[Span]) -> None:
        lengths = [b - a for a, b in gaps]
        filled = [any(span.start <= a and b <= span.end for span in spans) for a, b in gaps]
        self._jumps_from = _dwarfing(lengths, idle=not any(filled))
        long = [length for length in lengths if length >= self._jumps_from]
        empty = [one for one, is_filled in zip(lengths, filled, strict=True) if not is_filled]
        self._to_scale = len(long) > 1 and not all(one in empty for one in long)
        if self._to_scale:
            dwarfing = [one for one in long if one > _DWARFS * (sum(long) - one) and one in empty]
            self._jumps_from = min(dwarfing, default=float("inf"))
            self._point = _WIDE / sum(one for one in lengths if not self._leaps(one))
        else:
            self._point = _LINEAR / max((one for one in lengths if not self._leaps(one)), default=1.0)

    def _leaps(self, length: float) -> bool:
        return length >= self._jumps_from

    def _gap(self, a: float, b: float) -> float:
        return _jump_width(a, b) if self._leaps(b - a) else max(4.0, self._point * (b - a))

    def _written_out(self) -> Iterator[Tick]:
        first, last = self._times[0], self._times[-1]
        times = {first, last, *(jump.end for jump in self.jumps)}
        if self._to_scale:
            step = next((one for one in _STEPS if last - first <= _TICKS * one), 604800)
            count = min(int(last // step), 200)
            times |= {float(number * step) for number in range(1, count + 1)}
        free, label = float("-inf"), ""
        for time in sorted(times):
            x = self._place(time)
            if x is None or x < free or duration(time) == label:
                continue
            label = duration(time)
            yield Tick(x=x, label=label)
            free = x + LETTER * len(label) + 16

    def _place(self, time: float) -> float | None:
        """Where any time lies; None within a jump, where there is no scale."""
        if time in self.x:
            return self.x[time]
        if any(jump.start < time < jump.end for jump in self.jumps):
            return None
        after = bisect_right(self._times, time)
        a, b = self._times[after - 1], self._times[after]
        return self.x[a] + (self.x[b] - self.x[a]) * (time - a) / (b - a)


def _jump_width(a: float, b: float) -> float:
    return max(_JUMP, LETTER * len(f"+{duration(b - a)}") + 34)


def _extents(track: Track) -> Iterable[tuple[float, float]]:
    """From which instant on how much room is taken."""
    for span in track.spans:
        yield span.start, span.room
        yield span.end, BAR
    for at, room in _rooms(track).items():
        yield at, room + 4


def _following(track: Track) -> Iterable[tuple[float, float, float]]:
    """Which instant must be how far to the right of which."""
    for span in track.spans:
        yield span.start, span.end, BAR
    for one, other in pairwise(track.spans):
        yield one.start, other.start, one.room
        yield one.end, other.start, 4.0
    rooms = _rooms(track)
    for at, later in pairwise(sorted(rooms)):
        yield at, later, rooms[at]


def _rooms(track: Track) -> dict[float, float]:
    rooms: dict[float, float] = {}
    for at, room in track.points:
        rooms[at] = rooms.get(at, 0.0) + room
    return rooms


def _dwarfing(lengths: Sequence[float], *, idle: bool) -> float:
    """From which length on a stretch is a jump: when it dwarfs all that is shorter taken together.

    :param idle: nothing ran in any of them, so even the shortest has nothing to show.
    """
    total = 0.0
    for length in sorted(lengths):
        if length >= 0.5 and length > _DWARFS * total and (total or idle):
            return length
        total += length
    return float("inf")
