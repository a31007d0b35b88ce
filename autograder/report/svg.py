"""The timeline as a picture: an inline SVG that needs no script, no style sheet and no colour."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from markupsafe import Markup, escape

from autograder.report.axis import LETTER, Jump
from autograder.report.moments import Moment, MomentKind
from autograder.report.text import visible
from autograder.report.timeline import Bar, Layout, Mark, MarkKind, Row

__all__ = ["draw"]

# Every colour is given twice: as an attribute that is legible on white and on black, for where styles are
# stripped, and as a class that the page's style sheet sets.
_COLOURS = {
    "success": "#2e8b4a",
    "failed": "#d1453b",
    "retry": "#b8860b",
    "skipped": "#8b6fc9",
    "other": "#7a8591",
}
_TOP, _BAR, _PAD, _LANE, _LINE = 26.0, 11.0, 10.0, 24.0, 19.0
_NAMES: dict[MarkKind, str] = {
    "call": "callback call",
    "mail": "mail",
    "slack": "Slack message",
    "metric": "metric",
    "post": "monitoring post",
}


def draw(layout: Layout, *, name: str, title: str, apart: bool = False) -> Markup:
    """The picture.

    :param name: a prefix for ids, unique in the page.
    :param apart: where mark-up is stripped nothing but its text may stay: then each thing is said once, and set apart
        from the next by signs that no picture shows.
    """
    picture = _Picture(layout, name, title)
    return picture.apart() if apart else picture.markup()


class _Picture:
    def __init__(self, layout: Layout, name: str, title: str) -> None:
        self._layout, self._name, self._title = layout, name, title
        longest = max((len(_short(row.label)) for row in layout.rows), default=8)
        self._left = max(90.0, 7.4 * longest + 20)
        self._out: list[Markup] = []

    def markup(self) -> Markup:
        body, width, height = self._drawn()
        return Markup(
            '<svg class="ag-timeline" xmlns="http://www.w3.org/2000/svg" role="img" width="{w}" height="{h}" '
            'viewBox="0 0 {w} {h}" aria-labelledby="{n}-title {n}-desc" font-family="inherit" font-size="11" '
            'fill="currentColor"><title id="{n}-title">{t}</title><desc id="{n}-desc">{d}</desc>{body}</svg>'
        ).format(w=width, h=height, n=self._name, t=visible(self._title), d=self._described(), body=body)

    def apart(self) -> Markup:
        body, width, height = self._drawn()
        # What stands beside shapes is not drawn.
        ends = {end: f"{end}; " for end in ("</title>", "</text>")}
        for end, set_apart in ends.items():
            body = Markup(str(body).replace(end, set_apart))
        return Markup(
            '<svg class="ag-timeline" xmlns="http://www.w3.org/2000/svg" role="img" width="{w}" height="{h}" '
            'viewBox="0 0 {w} {h}" aria-label="{t}. {d}" font-family="inherit" font-size="11" '
            'fill="currentColor">{body}</svg>'
        ).format(w=width, h=height, t=visible(self._title), d=self._described(), body=body)

    def _described(self) -> str:
        return visible(" ".join(self._sentences()) or "Nothing was started.")

    def _drawn(self) -> tuple[Markup, int, int]:
        """All that is in the picture, its width and its height."""
        body, y, previous = self._out, _TOP, ""
        if self._layout.moments:
            y = self._run(y)
        for row in self._layout.rows:
            if row.component != previous and row.component != row.label:
                body.append(self._text(0, y + 14, row.component, "ag-lane"))
                y += _LANE
            previous = row.component
            y = self._row(row, y)
        bottom = y
        legend = list(self._legend(bottom + 32))
        height = bottom + (54 if legend else 26)
        width = self._left + self._layout.width + 16
        width = max(
            width, *(self._left + tick.x + LETTER * len(tick.label) for tick in self._layout.ticks), 420
        )
        front = [
            *(self._jump(jump, bottom) for jump in self._layout.jumps),
            *(self._plumb(moment, bottom) for moment in self._layout.moments),
            *self._axis(bottom),
        ]
        return Markup("").join([*front, *body, *legend]), round(width), round(height)

    def _x(self, x: float) -> float:
        return round(self._left + x, 1)

    def _text(self, x: float, y: float, words: str, kind: str, anchor: str = "start") -> Markup:
        return Markup('<text x="{}" y="{}" class="{}" text-anchor="{}">{}</text>').format(
            round(x, 1), round(y, 1), kind, anchor, visible(words)
        )

    def _run(self, y: float) -> float:
        """What happened to the run, above everything else."""
        self._out.append(self._text(0, y + 19, "the run", "ag-row"))
        for one in self._layout.moments:
            x, top = self._x(one.x), y + _LINE * one.line
            words = self._text(x + 19, top + 19, one.label, "ag-try")
            self._out.append(
                Markup("<g>{}{}{}</g>").format(
                    _title(one.detail),
                    Markup(
                        '<g class="ag-mark ag-{}" fill="{c}" stroke="{c}" transform="translate({} {})">{}</g>'
                    ).format(one.tone, x, round(top + 6, 1), _MOMENTS[one.kind], c=_COLOURS[one.tone]),
                    words,
                )
            )
        return y + 14 + _LINE * (1 + max(one.line for one in self._layout.moments))

    def _plumb(self, moment: Moment, bottom: float) -> Markup:
        """A line through all rows, at the instant."""
        x, colour = self._x(moment.x), _COLOURS[moment.tone]
        return Markup(
            '<path class="ag-plumb ag-{}" d="M{x} {}V{}" stroke="{}" stroke-opacity=".55" stroke-dasharray="5 3" '
            'fill="none"/>'
        ).format(moment.tone, _TOP + 24 + _LINE * moment.line, round(bottom, 1), colour, x=x)

    def _row(self, row: Row, y: float) -> float:
        tall = 32 + (24 if row.marks else 0)
        self._out.append(
            Markup('<line class="ag-line" stroke="#8888" x1="0" x2="{}" y1="{y}" y2="{y}"/>').format(
                self._x(self._layout.width), y=round(y, 1)
            )
        )
        short = _short(row.label)
        label = self._text(0, y + 19, short, "ag-row")
        if short != row.label:
            label = Markup("<g>{}{}</g>").format(_title(row.label), label)
        self._out.append(label)
        if row.note:
            self._out.append(self._text(self._x(0), y + 19, row.note, "ag-note"))
        self._out += [self._bar(bar, y + 5) for bar in row.bars]
        self._out += [
            self._mark(mark.kind, mark.tone, self._x(mark.x), y + 32, mark.label) for mark in row.marks
        ]
        return y + tall

    def _bar(self, bar: Bar, y: float) -> Markup:
        x, end = self._x(bar.x), self._x(max(bar.x_end, bar.x + 5))
        cut = end if bar.x_barrier is None else self._x(max(bar.x_barrier, bar.x + 3))
        parts = [
            _title(bar.detail),
            self._text(x, y + 8, bar.label, "ag-try"),
            _rect(x, y + 12, cut - x, _BAR, f"ag-bar ag-{bar.tone}", _COLOURS[bar.tone]),
        ]
        if cut < end:
            parts.append(
                _rect(cut, y + 12, end - cut, _BAR, f"ag-bar ag-after ag-{bar.tone}", _COLOURS[bar.tone], 0.4)
            )
        parts += [self._break(jump, y + 12) for jump in self._layout.jumps if bar.x < jump.x_end <= bar.x_end]
        return Markup("<g>{}</g>").format(Markup("").join(parts))

    def _break(self, jump: Jump, y: float) -> Markup:
        """Two slashes through a bar that goes on through a jump."""
        middle = self._x((jump.x + jump.x_end) / 2)
        path = " ".join(f"M{middle + d} {y + _BAR + 2}l6 {-_BAR - 4}" for d in (-6, 0))
        return Markup('<path class="ag-break" d="{}" stroke="#fff" stroke-width="2.5" fill="none"/>').format(
            path
        )

    def _mark(self, kind: MarkKind, tone: str, x: float, y: float, label: str) -> Markup:
        colour = _COLOURS[tone] if kind == "call" else "#4f7fb8"
        css = f"ag-{tone}" if kind == "call" else "ag-sent"
        return Markup(
            '<g class="ag-mark {}" fill="{c}" stroke="{c}" transform="translate({} {})">{}{}</g>'
        ).format(css, round(x, 1), round(y, 1), _title(label) if label else "", _SHAPES[kind](tone), c=colour)

    def _jump(self, jump: Jump, bottom: float) -> Markup:
        x, end = self._x(jump.x) + 6, self._x(jump.x_end) - 8
        middle = (x + end) / 2
        return Markup(
            '<g class="ag-jump"><rect x="{x}" y="{top}" width="{w}" height="{h}" fill="#8882"/>'
            '<path d="M{x} {top}V{b}M{end} {top}V{b}" stroke="#888" stroke-dasharray="2 4" fill="none"/>'
            "{}</g>"
        ).format(
            self._text(middle, 14, jump.label, "ag-leap", "middle"),
            x=round(x, 1), end=round(end, 1), w=round(end - x, 1), top=_TOP - 4,
            h=round(bottom - _TOP + 4, 1), b=round(bottom, 1),
        )  # fmt: skip

    def _axis(self, bottom: float) -> Iterator[Markup]:
        yield Markup('<line class="ag-line" stroke="#8888" x1="{}" x2="{}" y1="{y}" y2="{y}"/>').format(
            self._x(0), self._x(self._layout.width), y=round(bottom, 1)
        )
        for tick in self._layout.ticks:
            x = self._x(tick.x)
            yield Markup('<line class="ag-line" stroke="#8888" x1="{x}" x2="{x}" y1="{}" y2="{}"/>').format(
                round(bottom, 1), round(bottom + 4, 1), x=x
            )
            yield self._text(x, bottom + 15, tick.label, "ag-tick")

    def _legend(self, y: float) -> Iterator[Markup]:
        marks = [mark for row in self._layout.rows for mark in row.marks]
        x = 0.0
        for kind, tone, words in _legend_entries(marks):
            yield self._mark(kind, tone, x, y, "")
            yield self._text(x + 20, y + 12, words, "ag-tick")
            x += LETTER * len(words) + 40

    def _sentences(self) -> Iterable[str]:
        for moment in self._layout.moments:
            yield f"{moment.detail}."
        for row in self._layout.rows:
            for bar in row.bars:
                yield f"{bar.detail}."
            if row.marks:
                yield f"{row.label}: {'; '.join(mark.label for mark in row.marks)}."
            if row.note:
                yield f"{row.label}: {row.note}."


def _legend_entries(marks: list[Mark]) -> Iterator[tuple[MarkKind, str, str]]:
    for tone, words in (("success", "returned"), ("failed", "raised"), ("other", "never came back")):
        if any(mark.kind == "call" and mark.tone == tone for mark in marks):
            yield "call", tone, f"callback {words}"
    for kind in ("mail", "slack", "metric", "post"):
        if any(mark.kind == kind for mark in marks):
            yield kind, "other", _NAMES[kind]


def _short(label: str) -> str:
    label = visible(label)
    return label if len(label) <= 32 else f"{label[:18]}…{label[-13:]}"


def _title(words: str) -> Markup:
    return Markup("<title>{}</title>").format(visible(words))


def _rect(x: float, y: float, width: float, height: float, css: str, fill: str, opacity: float = 1) -> Markup:
    return Markup(
        '<rect x="{}" y="{}" width="{}" height="{}" rx="2" class="{}" fill="{}" fill-opacity="{}"/>'
    ).format(round(x, 1), round(y, 1), round(width, 1), height, escape(css), fill, opacity)


def _call(tone: str) -> Markup:
    diamond = "M8 1 15 8 8 15 1 8Z"
    if tone == "failed":
        return Markup('<path d="{}" fill-opacity=".15" stroke-width="1.5"/><path d="M5 5l6 6M11 5l-6 6" stroke-width="2"/>').format(diamond)  # fmt: skip  # noqa: E501
    if tone == "other":
        return Markup('<path d="{}" fill="none" stroke-width="1.5" stroke-dasharray="3 2"/>').format(diamond)
    return Markup('<path d="{}"/>').format(diamond)


_SHAPES: dict[MarkKind, Callable[[str], Markup]] = {
    "call": _call,
    "mail": lambda _: Markup(
        '<path d="M1 3h14v10H1zl7 6 7-6" fill="none" stroke-width="1.5" stroke-linejoin="round"/>'
    ),
    "slack": lambda _: Markup(
        '<path d="M6 2 4.5 14M11.5 2 10 14M2 6h12M2 10.500h12" fill="none" stroke-width="1.6"/>'
    ),
    "metric": lambda _: Markup('<path d="M3.500 14V9M8 14V5M12.500 14V2" fill="none" stroke-width="3"/>'),
    "post": lambda _: Markup('<path d="M8 14V3M3.500 7 8 2.500 12.500 7" fill="none" stroke-width="1.800"/>'),
}

# The left end of each stands where its instant is.
_MOMENTS: dict[MomentKind, Markup] = {
    "deadline": Markup(
        '<path d="M8 2.500a6.500 6.500 0 1 1 0 13a6.500 6.500 0 1 1 0-13Z" fill-opacity=".15" stroke-width="1.5"/>'
        '<path d="M8 5v4l3 2M5.500.8 3 2.500M10.500.8 13 2.500" fill="none" stroke-width="1.500"/>'
    ),
    "dropped": Markup(
        '<path d="M8 2.500a6.500 6.500 0 1 1 0 13a6.500 6.500 0 1 1 0-13Z" fill="none" stroke-width="1.500" '
        'stroke-dasharray="3 2"/>'
        '<path d="M5.200 9.200l2 2.200 3.800-4.600" fill="none" stroke-width="1.500"/>'
    ),
    "mark": Markup('<path d="M2 15V2h10l-2.500 3.500L12 9H2" fill-opacity=".3" stroke-width="1.500"/>'),
    "answer": Markup(
        '<path d="M1.500 3h13v8H8l-3.500 3.500V11h-3Z" fill-opacity=".2" stroke-width="1.500"/>'
    ),
    "end": Markup('<path d="M3 3.500h10v10H3Z" stroke="none"/>'),
}
