"""Prove an exercise: that its checks pay what is right, and nothing else, for every answer that it ships."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from autograder import evidence, grading, results, rules
from autograder.answers import EVERYTHING, Answer, AnswerError, answers
from autograder.catalog import Exercise
from autograder.checks.spec import CheckSpec
from autograder.checks.verdict import Board, blocks
from autograder.disagreements import disagreements
from autograder.grading import Runner
from autograder.order import with_needs
from autograder.records import Record
from autograder.submission import Submission, made_of

if TYPE_CHECKING:
    from autograder.control.job import Done, Job

__all__ = ["Row", "prove"]


class Row(Record):
    """One thing that must hold of an exercise, and whether it does."""

    exercise: str
    kind: Literal["rule", "solution", "right", "wrong", "starter", "empty", "bare"]
    name: str
    ok: bool
    reasons: list[str] = []
    """Why it does not hold, a sentence each; empty if it does."""
    says: str = ""
    """The rule, or what is wrong with a wrong answer."""
    points: int | None = None
    """Earned, the bonus included; None: nothing was run, or it could not be graded."""
    max_points: int | None = None
    lost: list[str] = []
    """Checks that failed, skipped ones not among them."""
    seconds: float = 0.0
    """That its scenarios took, one after another, and asking the checks."""


def prove(
    exercise: Exercise,
    *,
    runner: Runner | None,
    store: Path,
    seed: int | None = None,
    quick: bool = False,
    on_row: Callable[[Row], None] = lambda row: None,
) -> list[Row]:
    """Hold an exercise against every rule, those that need no run first.

    :param runner: None: only the rules that need no run.
    :param store: where evidence may stay while this runs; nothing of it remains.
    :param quick: a wrong answer runs only the scenarios of the checks that it must fail, and is held against all checks
        that need no others.
    """
    rows: list[Row] = []

    def add(row: Row) -> None:
        rows.append(row)
        on_row(row)

    broken = list(rules.broken_rules(exercise))
    for name, says in rules.RULES.items():
        reasons = [reason for rule, reason in broken if rule == name]
        add(Row(exercise=exercise.slug, kind="rule", name=name, ok=not reasons, reasons=reasons, says=says))
    seed = grading.new_seed() if seed is None else seed
    with ExitStack() as until_all_are_judged:
        found: list[Row | _Proof] = []
        for kind, name, answer in answers(exercise):
            if isinstance(answer, AnswerError):
                found.append(
                    Row(exercise=exercise.slug, kind=kind, name=name, ok=False, reasons=[str(answer)])
                )
            elif runner is not None:
                asked = _of_scenarios_lost(exercise, answer) if quick else exercise.checks
                draft = until_all_are_judged.enter_context(results.draft(store, exercise.slug))
                submission = made_of(answer.name, answer.files, exercise)
                jobs = grading.prepare(exercise, submission, asked, seed=seed, draft=draft)
                found.append(_Proof(exercise, answer, submission, asked, str(draft.evidence), jobs))
        for each in _in_order(found, runner):
            add(each if isinstance(each, Row) else _row(each))
    return rows


@dataclass
class _Proof:
    """An answer whose scenarios are run."""

    exercise: Exercise
    answer: Answer
    submission: Submission
    asked: list[CheckSpec]
    destination: str
    """Of the evidence, and of no other answer's."""
    jobs: list[Job]
    done: list[Done] = field(default_factory=list)
    blocked: bool = False
    """Whether a scenario has told that no other gets any further."""

    @property
    def over(self) -> bool:
        return len(self.done) == len(self.jobs) or self.blocked

    def hear(self, done: Done) -> None:
        self.done.append(done)
        if len(self.done) == 1 and done.path is not None:
            with suppress(OSError, ValueError):  # said when it is judged
                self.blocked = blocks(evidence.load(Path(done.path)))

    def to_run(self) -> Iterator[Job]:
        """Its scenarios, as long as it is worth running them."""
        for job in self.jobs:
            if not self.blocked:
                yield job

    def run(self, jobs: Iterable[Job]) -> Iterator[Done]:
        """What grading calls a runner: it has run them."""
        return iter(self.done)


def _in_order(found: list[Row | _Proof], runner: Runner | None) -> Iterator[Row | _Proof]:
    """The same, each as soon as nothing of it has to be run any more.

    All scenarios of all answers are one stream: no process waits until the last one of an answer has ended.
    """
    proofs = {each.destination: each for each in found if isinstance(each, _Proof)}
    stream = (
        iter(()) if runner is None else runner.run(job for one in proofs.values() for job in one.to_run())
    )
    try:
        for each in found:
            while isinstance(each, _Proof) and not each.over:
                if (done := next(stream, None)) is None:
                    break  # what is lacking is said of each check
                proofs[done.destination].hear(done)
            yield each
    finally:
        if isinstance(stream, Generator):
            stream.close()


def _of_scenarios_lost(exercise: Exercise, answer: Answer) -> list[CheckSpec]:
    """The checks that read nothing but the scenarios of those that a wrong answer loses; of any other answer all."""
    lost = [spec for spec in exercise.checks if spec.id in answer.loses]
    read = _read(exercise, lost or exercise.checks)
    return [spec for spec in exercise.checks if _read(exercise, [spec]) <= read]


def _read(exercise: Exercise, checks: list[CheckSpec]) -> set[str]:
    """The scenarios that these checks need run."""
    return {name for spec in with_needs(checks, exercise.checks) for name in spec.scenarios}


def _row(proof: _Proof) -> Row:
    exercise, answer, began = proof.exercise, proof.answer, time.perf_counter()
    board = grading.judge_run(exercise, proof.submission, proof.asked, proof.jobs, runner=proof)
    run = sum(sum(found.timings.values()) for found in board.evidence.values()) / 1000
    verdicts = list(board.verdicts.values())
    ungradable = [f"`{v.spec.id}` is ungradable: {v.message}" for v in verdicts if v.outcome == "ungradable"]
    reasons = ungradable or [*_reasons(answer, board), *_false_alarms(board)]
    return Row(
        exercise=exercise.slug,
        kind=answer.kind,
        name=answer.name,
        ok=not reasons,
        reasons=reasons,
        says=answer.sentence,
        points=None if ungradable else sum(v.spec.points for v in verdicts if v.outcome == "passed"),
        max_points=sum(spec.points for spec in board.specs),
        lost=sorted(_lost(board)),
        seconds=round(run + time.perf_counter() - began, 3),
    )


def _false_alarms(board: Board) -> list[str]:
    """An answer that ships with the course may be wrong, but it forges nothing."""
    return [
        f"of scenario `{name}` it is said that facts and claims disagree: {said}"
        for name, evidence in sorted(board.evidence.items())
        for said in disagreements(evidence)
    ]


def _lost(board: Board) -> set[str]:
    return {name for name, v in board.verdicts.items() if v.outcome in {"failed", "error", "timeout"}}


def _reasons(answer: Answer, board: Board) -> list[str]:
    """Why this answer does not earn what it must."""
    match answer.kind:
        case "solution" | "right":
            return _all_earned(board) + [reason for spec in board.specs for reason in _unfounded(spec, board)]
        case "wrong":
            return _as_named(answer, board)
        case _:
            return _nothing_earned(answer, board)


def _all_earned(board: Board) -> list[str]:
    return [
        f"`{name}` is {v.outcome}: {v.message}" for name, v in board.verdicts.items() if v.outcome != "passed"
    ]


def _nothing_earned(answer: Answer, board: Board) -> list[str]:
    reasons = [
        f"`{name}` pays {v.spec.points} for nothing"
        for name, v in board.verdicts.items()
        if v.outcome == "passed"
    ]
    if answer.kind == "bare":
        reasons += _not_bare(board)
    return reasons


def _not_bare(board: Board) -> list[str]:
    """Why it is not an answer with the right tasks and no callbacks: then to earn nothing says nothing."""
    if board.blocked:
        message = next(iter(board.verdicts.values())).message
        return [f"it does not run: {message}"]
    lacking = {
        task: name
        for name, evidence in board.evidence.items()
        for task in evidence.scenario.faults
        if task not in evidence.task_ids
    }
    called = {call.name for evidence in board.evidence.values() for call in evidence.calls}
    return [f"it has no task `{task}`, which scenario `{name}` names" for task, name in lacking.items()] + [
        f"it has a callback, `{name}`" for name in sorted(called)
    ]


def _as_named(answer: Answer, board: Board) -> list[str]:
    lost = _lost(board)
    wanted = set(board.verdicts) if EVERYTHING in answer.loses else set(answer.loses)
    reasons = []
    for name in sorted(lost - wanted):
        verdict = board.verdicts[name]
        reasons.append(f"`{name}` is {verdict.outcome} too: {verdict.message}")
    for name in sorted(wanted - lost):
        reasons.append(f"`{name}` is {board.verdicts[name].outcome}, and should fail")
    return reasons


def _unfounded(spec: CheckSpec, board: Board) -> list[str]:
    """What a check that passed rests on: something seen, and for each absence a presence of the same kind."""
    verdict = board.verdicts[spec.id]
    if verdict.outcome != "passed":
        return []
    seen: set[str] = set()
    waiting = [spec.id]
    while waiting:
        found = board.verdicts[waiting.pop()]
        seen |= found.reading.seen
        waiting += found.spec.needs
    if not seen:
        return [f"`{spec.id}` passes, but nothing was seen: no delivery, no callback call, no log line"]
    return [
        f"`{spec.id}` rests on the absence of {kind}, and needs no check that saw any"
        for kind in sorted(verdict.reading.absent - seen)
    ]
