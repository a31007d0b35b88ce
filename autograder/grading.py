"""Grading: have the scenarios run that the checks read, ask the checks, make the result."""

from __future__ import annotations

import platform
import secrets
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from autograder import __version__, evidence, isolation, order, results
from autograder.catalog import CatalogError, Exercise
from autograder.checks.spec import CheckSpec
from autograder.checks.verdict import AGAIN, Board, Verdict
from autograder.disagreements import disagreements
from autograder.evidence import Evidence, Problem
from autograder.records import Record
from autograder.result import CheckResult, PartResult, Result, Versions
from autograder.submission import Submission

if TYPE_CHECKING:
    from autograder.control.job import Done, Job

__all__ = [
    "Begun",
    "CheckDone",
    "Clock",
    "Event",
    "Runner",
    "ScenarioStored",
    "check",
    "choose",
    "judge",
    "judge_run",
    "new_seed",
    "prepare",
    "regrade",
    "run_and_judge",
]


class Begun(Record):
    """How much there is to do."""

    checks: int
    scenarios: int


class ScenarioStored(Record):
    """The evidence of a scenario is there, or cannot be had."""

    name: str
    problem: Problem | None = None


class CheckDone(Record):
    """A check has its outcome."""

    check: CheckResult


Event = Begun | ScenarioStored | CheckDone
Arrival = tuple[str, Evidence | Problem]
"""A scenario's evidence, or why there is none."""


class Runner(Protocol):
    """What runs scenarios: a ``control.Pool``."""

    def run(self, jobs: Iterable[Job]) -> Iterator[Done]: ...


def new_seed() -> int:
    """A seed for one check: the day on which its runs take place, and twelve random digits.

    Run ids derive from it and are known inside: nobody there may find it by trying, and with it every secret.
    """
    return int(f"{datetime.now(UTC):%Y%m%d}{secrets.randbelow(10**12):012}")


def choose(exercise: Exercise, part: str | None) -> list[CheckSpec]:
    """The checks of a part, or all of them.

    :raises CatalogError: when the exercise has no such part.
    """
    if part is None:
        return exercise.checks
    if part not in {one.id for one in exercise.parts}:
        parts = ", ".join(one.id for one in exercise.parts)
        raise CatalogError(
            Problem(title=f"Exercise {exercise.slug} has no part {part!r}.", advice=f"It has {parts}.")
        )
    return [spec for spec in exercise.checks if spec.part == part]


def check(
    exercise: Exercise,
    submission: Submission,
    *,
    runner: Runner,
    store: Path,
    seed: int | None = None,
    part: str | None = None,
    on_event: Callable[[Event], None] = lambda event: None,
) -> Result:
    """Grade a submission and store the result; nothing is stored if this is interrupted.

    :param store: the folder of all results, ``work/.results``; see ``results.folder_of`` for this one's.
    :raises CatalogError: when the exercise has no such part.
    """
    seed = new_seed() if seed is None else seed
    chosen = choose(exercise, part)
    with results.draft(store, exercise.slug) as draft:
        clock = Clock()
        board = run_and_judge(
            exercise,
            submission,
            chosen,
            runner=runner,
            seed=seed,
            draft=draft,
            on_event=on_event,
            clock=clock,
        )
        result = _result(
            exercise,
            board,
            chosen,
            part=part,
            seed=seed,
            submission=submission.name,
            made_at=draft.made_at,
            problem=submission.problem,
            timings=clock.timings,
            notes=_notes(part, submission),
        )
        draft.keep(result)
        return result


def run_and_judge(
    exercise: Exercise,
    submission: Submission,
    chosen: Sequence[CheckSpec],
    *,
    runner: Runner,
    seed: int,
    draft: results.Draft,
    on_event: Callable[[Event], None] = lambda event: None,
    clock: Clock | None = None,
) -> Board:
    """Everything of a check but its result: verdicts, and evidence in the draft."""
    jobs = prepare(exercise, submission, chosen, seed=seed, draft=draft)
    return judge_run(exercise, submission, chosen, jobs, runner=runner, on_event=on_event, clock=clock)


def prepare(
    exercise: Exercise,
    submission: Submission,
    chosen: Sequence[CheckSpec],
    *,
    seed: int,
    draft: results.Draft,
) -> list[Job]:
    """Lay a submission out in the draft; returns what has to be run for these checks."""
    submission.write(draft.submission)
    return [] if submission.problem is not None else _jobs(exercise, submission, chosen, seed, draft)


def judge_run(
    exercise: Exercise,
    submission: Submission,
    chosen: Sequence[CheckSpec],
    jobs: Sequence[Job],
    *,
    runner: Runner,
    on_event: Callable[[Event], None] = lambda event: None,
    clock: Clock | None = None,
) -> Board:
    """Verdicts on a submission that is laid out.

    :param jobs: what ``prepare`` returned.
    """
    clock = clock or Clock()
    if submission.problem is not None:
        return _never_run(chosen, exercise, submission.problem, on_event)
    return judge(exercise, chosen, _arrivals(runner, jobs, clock), on_event=on_event, clock=clock)


def regrade(path: Path, exercise: Exercise) -> Result:
    """Ask today's checks about the evidence beside a stored result. Stores nothing, and runs nothing.

    :param path: the folder of the result, or the ``result.json`` in it.
    :raises ResultError: when it cannot be read.
    :raises CatalogError: when it is of a part that the exercise no longer has.
    """
    old, folder = results.load(path)
    part = old.extra.get("part")
    chosen = choose(exercise, part)
    clock = Clock()
    if not old.scenarios and old.outcome == "error" and old.problem is not None:
        board = _never_run(chosen, exercise, old.problem, lambda event: None)
    else:
        found = results.load_evidence(folder, old.scenarios)
        board = judge(exercise, chosen, (pair for pair in found.items()), clock=clock)
    return _result(
        exercise,
        board,
        chosen,
        part=part,
        seed=old.seed,
        submission=old.submission,
        made_at=datetime.now(UTC).isoformat(timespec="microseconds"),
        problem=old.problem if old.outcome == "error" and not old.scenarios else None,
        timings=clock.timings,
        notes=[f"Today's checks over the evidence of {old.made_at}; nothing was run."],
    )


class Clock:
    """Real milliseconds per phase: wait, until the first scenario began; run, scenarios; check, questions."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._first: float | None = None
        self._last = self._start
        self._asking = 0.0

    def arrived(self, own_ms: float) -> None:
        now = time.perf_counter()
        if self._first is None:
            self._first = max(self._start, now - own_ms / 1000)
        self._last = now

    def asked(self, seconds: float) -> None:
        self._asking += seconds

    @property
    def timings(self) -> dict[str, float]:
        first = self._start if self._first is None else self._first
        phases = {"wait": first - self._start, "run": self._last - first, "check": self._asking}
        return {name: round(value * 1000, 1) for name, value in phases.items()}


def _jobs(
    exercise: Exercise, submission: Submission, chosen: Sequence[CheckSpec], seed: int, draft: results.Draft
) -> list[Job]:
    """What has to be run for these checks, each scenario once."""
    from autograder.control.job import Job

    asked = order.with_needs(chosen, exercise.checks)
    return [
        Job(
            name=name,
            scenario=exercise.scenarios[name],
            seed=seed,
            folder=str(draft.submission),
            entry=submission.entry,
            dag_id=exercise.dag_id,
            connections=exercise.connections,
            plugins=str(exercise.plugins) if exercise.plugins else None,
            limits=exercise.limits,
            destination=str(draft.evidence),
        )
        for name in order.in_order(asked, exercise.scenarios)
    ]


def _arrivals(runner: Runner, jobs: Sequence[Job], clock: Clock) -> Generator[Arrival, None, None]:
    stream = runner.run(jobs)
    try:
        for done in stream:
            if done.path is None:
                yield done.name, done.problem or Problem(title="it could not be run.")
                continue
            try:
                found = evidence.load(Path(done.path))
            except (OSError, ValueError) as error:
                yield done.name, Problem(title=f"its evidence cannot be read: {error}", advice=AGAIN)
                continue
            clock.arrived(sum(found.timings.values()))
            yield done.name, found
    finally:
        # Told that nobody listens any more, a runner stops what it is still running.
        if isinstance(stream, Generator):
            stream.close()


def judge(
    exercise: Exercise,
    chosen: Sequence[CheckSpec],
    arrivals: Generator[Arrival, None, None],
    *,
    on_event: Callable[[Event], None] = lambda event: None,
    clock: Clock | None = None,
) -> Board:
    """Ask the chosen checks, and those that they need, of evidence as it arrives."""
    from autograder.checks.plugin import ask

    asked = order.with_needs(chosen, exercise.checks)
    shown = {spec.id for spec in chosen}
    board = Board(asked, exercise.scenarios)
    on_event(Begun(checks=len(chosen), scenarios=len({name for spec in asked for name in spec.scenarios})))

    def onto_board() -> Iterator[None]:
        for name, arrival in arrivals:
            if isinstance(arrival, Problem):
                board.lack(name, arrival)
                on_event(ScenarioStored(name=name, problem=arrival))
            else:
                board.put(arrival)
                on_event(ScenarioStored(name=name, problem=arrival.problem))
            began = time.perf_counter()
            yield
            if clock is not None:
                clock.asked(time.perf_counter() - began)
            if board.blocked:
                # What cannot be imported cannot be run in any other scenario either.
                return

    def tell(verdict: Verdict) -> None:
        if verdict.spec.id in shown:
            on_event(CheckDone(check=verdict.result()))

    with closing(arrivals):
        ask(board, onto_board(), tell)
    return board


def _never_run(
    chosen: Sequence[CheckSpec], exercise: Exercise, problem: Problem, on_event: Callable[[Event], None]
) -> Board:
    """Verdicts on a submission that Python cannot even read."""
    board = Board(list(chosen), exercise.scenarios)
    on_event(Begun(checks=len(chosen), scenarios=0))
    for spec in chosen:
        where = f"{problem.file}:{problem.line}" if problem.line else problem.file
        verdict = Verdict(spec, "error", problem.title, observed=problem.detail, where=where)
        board.verdicts[spec.id] = verdict
        on_event(CheckDone(check=verdict.result()))
    return board


def _result(
    exercise: Exercise,
    board: Board,
    chosen: Sequence[CheckSpec],
    *,
    part: str | None,
    seed: int,
    submission: str,
    made_at: str,
    problem: Problem | None,
    timings: dict[str, float],
    notes: list[str],
) -> Result:
    checks = [board.verdicts[spec.id].result() for spec in chosen]
    outcomes = {one.outcome for one in checks}
    graded = "ungradable" not in outcomes
    outcome: Literal["graded", "error", "timeout", "ungradable"] = "graded" if graded else "ungradable"
    if graded and outcomes <= {"error", "timeout", "skipped"} and outcomes & {"error", "timeout"}:
        outcome = "timeout" if "timeout" in outcomes else "error"
    troubles = [found.problem for found in board.evidence.values() if found.problem is not None]
    main = [one for one in checks if not one.bonus]
    bonus = [one for one in checks if one.bonus]
    return Result(
        versions=_versions(exercise, board),
        exercise=exercise.slug,
        title=exercise.title,
        submission=submission,
        made_at=made_at,
        seed=seed,
        outcome=outcome,
        problem=problem or (troubles[0] if troubles else None),
        score=sum(one.points for one in main) if graded else None,
        max_score=sum(one.max_points for one in main),
        bonus_score=sum(one.points for one in bonus) if graded else None,
        bonus_max_score=sum(one.max_points for one in bonus),
        parts=_parts(exercise, checks),
        checks=checks,
        scenarios=sorted(board.evidence),
        timings=timings,
        disagreements={
            name: said for name in sorted(board.evidence) if (said := disagreements(board.evidence[name]))
        },
        isolation=isolation.weakest(found.isolation for found in board.evidence.values()),
        notes=notes,
        extra={} if part is None else {"part": part},
    )


def _versions(exercise: Exercise, board: Board) -> Versions:
    ran = [found.airflow for found in board.evidence.values()]
    return Versions(
        grader=__version__,
        airflow=ran[0] if ran else _airflow(),
        python=platform.python_version(),
        exercise=exercise.digest,
    )


def _airflow() -> str:
    try:
        return metadata.version("apache-airflow-core")
    except metadata.PackageNotFoundError:
        return "not installed"


def _parts(exercise: Exercise, checks: list[CheckResult]) -> list[PartResult]:
    found = []
    for part in exercise.parts:
        own = [one for one in checks if one.part == part.id]
        if not own:
            continue
        graded = all(one.outcome != "ungradable" for one in own)
        found.append(
            PartResult(
                id=part.id,
                title=part.title,
                points=sum(one.points for one in own) if graded else None,
                max_points=sum(one.max_points for one in own),
                bonus=part.bonus,
            )
        )
    return found


def _notes(part: str | None, submission: Submission) -> list[str]:
    notes = []
    if part is not None:
        notes.append(f"Only part {part} was graded.")
    if submission.ignored and submission.problem is None:
        names = ", ".join(submission.ignored)
        notes.append(f"Not handed in, and so not there when your code ran: {names}.")
    return notes
