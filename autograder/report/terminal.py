"""A result in the terminal: what was asked, what came of it, and what to look at next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Console, ConsoleOptions, ConsoleRenderable, Group, RenderResult
from rich.text import Text

from autograder.evidence import Evidence
from autograder.report.beside import Beside
from autograder.report.run_terminal import beside_view, disagreed_view, problem_view, show_run
from autograder.report.screen import STYLES, Screen
from autograder.report.text import lesson_file, plural
from autograder.report.words import (
    OUTCOMES,
    STRENGTHS,
    bonus_apart,
    disagreed,
    first_to_fix,
    headline,
    hinted,
    isolation,
    item_places,
    points,
    run_line,
    said_above,
    source_line,
    timings,
)
from autograder.result import CheckResult, EvidenceLine, PartResult, Result

__all__ = ["line", "show", "show_run"]

_ALONE = Beside()
Places = Mapping[tuple[str, int | None], str]


class _Line:
    """A check in a line or two; the console that prints it decides about characters and width."""

    def __init__(self, check: CheckResult, reason: bool) -> None:
        self._check, self._reason = check, reason

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        screen = Screen(ascii_only=options.ascii_only, width=options.max_width)
        yield _headed(screen, self._check, part=True)
        if self._reason and self._check.outcome != "passed" and self._check.message:
            first = self._check.message.strip().partition("\n")[0]
            yield screen.inside(screen.text(first, STYLES[self._check.outcome]), indent=2)


def line(check: CheckResult, *, reason: bool = True) -> ConsoleRenderable:
    """A check as it arrives: mark, part, title, points, and the first sentence of what is wrong, its reason."""
    return _Line(check, reason)


def show(
    result: Result,
    *,
    evidence: Mapping[str, Evidence] | None = None,
    hints: int = 0,
    full_traceback: bool = False,
    sources: Mapping[str, str] | None = None,
    beside: Beside = _ALONE,
    console: Console,
) -> None:
    """Print a result.

    :param evidence: by scenario; with it, the evidence of a check says where it belongs.
    :param sources: what was graded, by file name; with it, a place in it is shown with its line.
    :param hints: how many hints of each check to show.
    :param full_traceback: whether Airflow's frames are shown too.
    """
    screen = Screen.of(console)
    known = evidence or {}
    places = {name: item_places(one) for name, one in known.items()}
    for piece in _head(screen, result):
        screen.put(console, piece)
    if result.problem is not None:
        screen.put(console, problem_view(screen, result.problem, full_traceback))
    for piece in beside_view(screen, beside):
        screen.put(console, piece)
    for part in result.parts:
        checks = [check for check in result.checks if check.part == part.id]
        console.print()
        screen.put(console, _part(screen, part))
        for check in checks:
            screen.put(console, _headed(screen, check, part=False))
            if check.outcome != "passed" and not said_above(result, check):
                screen.put(
                    console, screen.inside(*_details(screen, check, places, hints, sources or {}), indent=2)
                )
                console.print()
    for piece in _foot(screen, result, known, full_traceback):
        screen.put(console, piece)


def _head(screen: Screen, result: Result) -> Iterator[ConsoleRenderable]:
    yield screen.rule(f"{result.exercise} · {result.title}")
    yield screen.text(result.submission, "dim")
    style = "magenta" if result.score is None else "green" if result.score == result.max_score else "bold"
    if result.score is None:
        yield screen.ours(f"No score (of {result.max_score})", "bold magenta")
    else:
        score = screen.ours(f"{result.score} of {plural(result.max_score, 'point')}", f"bold {style}".strip())
        yield screen.columns(score, screen.bar(result.score, result.max_score), wide=1)
    if result.bonus_max_score and result.bonus_score is not None:
        yield screen.ours(f"Bonus, apart: {result.bonus_score} of {result.bonus_max_score}")
    yield screen.ours(headline(result), style)


def _part(screen: Screen, part: PartResult) -> ConsoleRenderable:
    bonus = " (bonus)" if bonus_apart(part) else ""
    title = screen.text(f"{part.id} {part.title}{bonus}", "bold underline")
    return screen.columns(
        title, screen.ours(points(part.points, part.max_points), "bold"), wide=0, right=True
    )


def _headed(screen: Screen, check: CheckResult, *, part: bool) -> ConsoleRenderable:
    style = {"skipped": "dim", "passed": ""}.get(check.outcome, "bold")
    title = screen.text(check.title or check.id, style)
    if part:
        title = Text.assemble(screen.text(f"{check.part} ", "dim"), title, overflow="fold")
    if check.outcome not in ("passed", "failed"):
        title.append_text(screen.ours(f"  {OUTCOMES[check.outcome]}", STYLES[check.outcome]))
    if check.bonus:
        title.append_text(screen.ours("  bonus", "dim"))
    earned = screen.ours(points(None if check.outcome == "ungradable" else check.points, check.max_points))
    return screen.columns(screen.mark(check.outcome), title, earned, wide=1, right=True)


def _details(
    screen: Screen,
    check: CheckResult,
    places: Mapping[str, Places],
    hints: int,
    sources: Mapping[str, str],
) -> Iterator[ConsoleRenderable]:
    if check.message:
        yield screen.text(check.message, STYLES[check.outcome])
    if check.outcome == "ungradable":
        yield screen.ours("Our fault, it costs you nothing: the score is withheld.", "magenta")
    rows: list[tuple[str, ConsoleRenderable]] = []
    if check.expected:
        rows.append(("Expected", screen.text(check.expected)))
    if check.observed:
        rows.append(("Observed", screen.text(check.observed)))
    if check.where:
        line = source_line(check.where, sources)
        rows.append(("Yours", screen.text(f"{check.where}, {line}" if line else check.where)))
    rows += [("Evidence", _evidence(screen, one, places)) for one in check.evidence]
    if check.strength:
        rows.append(("Known", screen.ours(STRENGTHS[check.strength])))
    left = check.hints if hinted(check) else []
    rows += [(f"Hint {n}", screen.text(hint)) for n, hint in enumerate(left[:hints], start=1)]
    rest = len(left) - hints
    if rest > 0:
        more = f"{rest} more: --hints {hints + 1}" if hints else f"{plural(rest, 'hint')}: --hints 1"
        rows.append(("Hints", screen.ours(more, "dim")))
    if lesson := lesson_file(check.docs):
        rows.append(("Lesson", screen.text(lesson)))
    yield screen.named(rows, 0)


def _evidence(screen: Screen, one: EvidenceLine, places: Mapping[str, Places]) -> ConsoleRenderable:
    where = places.get(one.scenario, {}).get((one.kind, one.item))
    return Group(
        screen.text(one.text),
        screen.text(f"({', '.join(filter(None, (one.kind, where, f'scenario {one.scenario}')))})", "dim"),
    )


def _foot(
    screen: Screen, result: Result, known: Mapping[str, Evidence], full_traceback: bool
) -> Iterator[ConsoleRenderable]:
    for name, evidence in known.items():
        if evidence.outcome != "ran" and evidence.problem != result.problem:
            yield screen.text("")
            yield screen.text(f"Scenario {name}: {run_line(evidence)}", "bold")
            if evidence.problem is not None:
                yield problem_view(screen, evidence.problem, full_traceback)
    for where, said in disagreed(result):
        yield screen.text("")
        yield disagreed_view(screen, said, f"{where[:1].upper()}{where[1:]}: ")
    for note in result.notes:
        yield screen.inside(screen.text(f"Note: {note}"), indent=0)
    yield screen.text("")
    first = first_to_fix(result)
    if first is not None and result.problem is None and result.score is not None:
        yield screen.text(f"Start with {first.part}: {first.title or first.id}", "bold")
    if spent := timings(result.timings):
        yield screen.ours(spent, "dim")
    yield screen.ours(
        f"autograder {result.versions.grader}, Airflow {result.versions.airflow}, "
        f"Python {result.versions.python}, seed {result.seed}",
        "dim",
    )
    yield screen.ours(isolation(result), "dim")
