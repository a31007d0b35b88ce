"""The result of one check of a submission: the one document that every report is a view of."""

from __future__ import annotations

from typing import Any, Literal

from autograder.evidence import Isolation, Problem
from autograder.records import Record

__all__ = ["CheckResult", "Outcome", "PartResult", "Result", "Versions"]

Outcome = Literal["passed", "failed", "error", "timeout", "skipped", "ungradable"]


class Versions(Record):
    grader: str
    airflow: str
    python: str
    exercise: str
    """A digest of the exercise's own files."""


class CheckResult(Record):
    """One question asked of the evidence, with its points."""

    id: str
    part: str
    title: str
    points: int
    """Points earned."""
    max_points: int
    outcome: Outcome
    message: str = ""
    """A sentence a person would say."""
    expected: str = ""
    observed: str = ""
    evidence: list[EvidenceLine] = []
    strength: Literal["fact", "claim"] | None = None
    """fact: seen from outside; claim: as the learner's code reported; None: nothing was read."""
    hints: list[str] = []
    docs: str | None = None
    """Where it is taught, as a path in the course's site: ``lessons/02-failure-callbacks/#who-is-called``."""
    scenarios: list[str] = []
    bonus: bool = False
    where: str | None = None
    """The learner's file and line, when one is to blame: ``dag.py:41``."""


class EvidenceLine(Record):
    """Something the learner may look at: their own log line, a mail that arrived, a callback call."""

    kind: Literal[
        "mail", "slack", "metric", "post", "lease", "file", "log", "call", "attempt", "deadline", "note"
    ]
    text: str
    scenario: str
    item: int | None = None
    """The item's id in the stored evidence."""


class PartResult(Record):
    id: str
    title: str
    points: int | None
    max_points: int
    bonus: bool = False


class Result(Record):
    """``score`` is None when any check is ungradable; the bonus is never part of ``score``."""

    schema_version: Literal["1"] = "1"
    versions: Versions
    exercise: str
    title: str
    submission: str
    """What was graded, as the learner named it."""
    made_at: str
    """Real time, ISO 8601."""
    seed: int
    outcome: Literal["graded", "error", "timeout", "ungradable"]
    problem: Problem | None = None
    score: int | None
    max_score: int
    bonus_score: int | None
    bonus_max_score: int
    parts: list[PartResult]
    checks: list[CheckResult]
    scenarios: list[str]
    """Names of the scenarios whose evidence is stored beside this document, as ``evidence/NAME.json``."""
    timings: dict[str, float] = {}
    """Real milliseconds per phase; wait: starting processes, run: scenarios, check: questions."""
    disagreements: dict[str, list[str]] = {}
    """Scenario → in sentences, where what was seen of it and what the code reported do not agree; those where all fits
    together are left out."""
    isolation: Isolation | None = None
    """How well the learner's code was locked up: the weakest layer over the scenarios, with everything that was missing
    in any of them. None: nothing was run, or it is not recorded."""
    notes: list[str] = []
    extra: dict[str, Any] = {}
