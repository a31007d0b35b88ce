"""The verdict on one check: what became of it, why, and how strong the evidence was."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field

from autograder.checks.failure import CheckFailed
from autograder.checks.reading import Reading, using
from autograder.checks.spec import CheckSpec
from autograder.checks.views import RunView
from autograder.checks.words import listing
from autograder.evidence import Evidence, Problem
from autograder.result import CheckResult, EvidenceLine, Outcome
from autograder.scenario import Scenario

__all__ = ["AGAIN", "Board", "Verdict", "blocks"]

AGAIN = "Run `check` again."
_MOST_LINES = 30


@dataclass(frozen=True)
class Verdict:
    """What became of one check."""

    spec: CheckSpec
    outcome: Outcome
    message: str = ""
    expected: str = ""
    observed: str = ""
    lines: tuple[EvidenceLine, ...] = ()
    where: str | None = None
    reading: Reading = field(default_factory=Reading)

    def result(self) -> CheckResult:
        """As it stands in the result document."""
        spec = self.spec
        return CheckResult(
            id=spec.id,
            part=spec.part,
            title=spec.title,
            points=spec.points if self.outcome == "passed" else 0,
            max_points=spec.points,
            outcome=self.outcome,
            message=self.message,
            expected=self.expected,
            observed=self.observed,
            evidence=list(self.lines[:_MOST_LINES]),
            strength=self.reading.strength,
            hints=list(spec.hints),
            scenarios=list(spec.scenarios),
            bonus=spec.bonus,
            where=self.where,
            docs=spec.docs,
        )


def blocks(evidence: Evidence) -> bool:
    """Whether a submission cannot be run at all: it did not get as far as a task, where the scenario's faults begin."""
    attempted = any(life.component == "worker" for life in evidence.executions)
    return evidence.outcome in {"error", "timeout"} and not attempted


class Board:
    """What is known so far: evidence that is stored, scenarios that have none, verdicts reached."""

    def __init__(self, specs: list[CheckSpec], scenarios: Mapping[str, Scenario]) -> None:
        self.specs = specs
        self.verdicts: dict[str, Verdict] = {}
        self.evidence: dict[str, Evidence] = {}
        self._scenarios = scenarios
        self._lacking: dict[str, Problem] = {}
        self._blocked: Evidence | None = None

    @property
    def blocked(self) -> bool:
        """Whether the submission cannot be run at all, in whatever scenario."""
        return self._blocked is not None

    def put(self, evidence: Evidence) -> None:
        """Evidence of a scenario is there."""
        self.evidence[evidence.name] = evidence
        if blocks(evidence):
            self._blocked = self._blocked or evidence

    def lack(self, scenario: str, problem: Problem) -> None:
        """Evidence of a scenario cannot be had."""
        self._lacking[scenario] = problem

    def close(self) -> None:
        """Nothing more will come."""
        for spec in self.specs:
            for name in spec.scenarios:
                if not self._known(name):
                    self.lack(name, Problem(title="there is no evidence of it.", advice=AGAIN))

    def _known(self, name: str) -> bool:
        return name in self.evidence or name in self._lacking or self.blocked

    def ready(self) -> CheckSpec | None:
        """The first check without a verdict that can have one now."""
        for spec in self.specs:
            if (
                spec.id not in self.verdicts
                and all(need in self.verdicts for need in spec.needs)
                and all(self._known(name) for name in spec.scenarios)
            ):
                return spec
        return None

    def judge(self, spec: CheckSpec) -> Verdict:
        """Ask the check, unless what it needs failed or what it reads cannot be had. Keeps the verdict."""
        verdict = self._skipped(spec) or self._unanswerable(spec) or self._orphaned(spec) or self._asked(spec)
        self.verdicts[spec.id] = verdict
        return verdict

    def _skipped(self, spec: CheckSpec) -> Verdict | None:
        for need in spec.needs:
            if self.verdicts[need].outcome in {"failed", "skipped"}:
                title = self.verdicts[need].spec.title.rstrip(".")
                return Verdict(spec, "skipped", f"Skipped, because this comes first: {title} (`{need}`).")
        return None

    def _orphaned(self, spec: CheckSpec) -> Verdict | None:
        for need in spec.needs:
            outcome = self.verdicts[need].outcome
            if outcome == "ungradable":
                return Verdict(spec, "ungradable", f"`{need}`, which it needs, could not be graded.")
            if outcome != "passed":
                return Verdict(spec, "skipped", f"Skipped, because `{need}` could not be asked.")
        return None

    def _unanswerable(self, spec: CheckSpec) -> Verdict | None:
        found: dict[str, Evidence] = {}
        for name in spec.scenarios:
            evidence = self.evidence.get(name)
            if evidence is None and self._blocked is not None:
                evidence = self._blocked
            elif evidence is None:
                return _ungradable(spec, name, self._lacking[name])
            elif evidence.scenario.digest() != self._scenarios[name].digest():
                problem = Problem(title="it has changed since this evidence was stored.", advice=AGAIN)
                return _ungradable(spec, name, problem)
            elif evidence.outcome in {"unsupported", "stuck"}:
                problem = evidence.problem or Problem(title=f"its outcome is {evidence.outcome}.")
                return _ungradable(spec, name, problem)
            found[name] = evidence
        for evidence in found.values():
            if evidence.outcome == "error" or evidence.outcome == "timeout":
                problem = evidence.problem or Problem(title="Your code could not be run.")
                where = f"{problem.file}:{problem.line}" if problem.file and problem.line else problem.file
                detail = "\n".join(filter(None, (problem.detail, problem.advice)))
                return Verdict(spec, evidence.outcome, problem.title, observed=detail, where=where)
        return None

    def _asked(self, spec: CheckSpec) -> Verdict:
        reading = Reading()
        views = {name: RunView(self.evidence[name]) for name in spec.scenarios}
        try:
            with using(reading):
                spec.function(**views)
        except CheckFailed as failure:
            lines = (*failure.lines, *(line for line in reading.lines if line not in failure.lines))
            return Verdict(
                spec,
                "failed",
                failure.message,
                failure.expected,
                failure.observed,
                lines,
                failure.where,
                reading,
            )
        except Exception as error:
            said = f"The check itself failed, which is our fault: {type(error).__name__}: {error}"
            return Verdict(spec, "ungradable", said, observed=_own_frames(error, spec), reading=reading)
        return Verdict(spec, "passed", " ".join(reading.remarks), lines=tuple(reading.lines), reading=reading)


def _ungradable(spec: CheckSpec, scenario: str, problem: Problem) -> Verdict:
    message = f"Scenario `{scenario}` cannot be used: {problem.title}"
    if problem.advice:
        message += f" {problem.advice}"
    return Verdict(spec, "ungradable", message, observed=problem.detail or problem.full_traceback)


def _own_frames(error: Exception, spec: CheckSpec) -> str:
    file = spec.function.__code__.co_filename
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return listing([f"checks.py:{frame.lineno} `{frame.line}`" for frame in frames])
