"""The small course of the tests, and a runner that makes evidence of what a submission says of itself."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder import evidence as evidences
from autograder.control.job import Done, Job
from autograder.evidence import Evidence, Isolation, Layer, Problem
from tests.checks.made import Recorder

__all__ = ["COURSE", "FakeRunner", "copy_course"]

COURSE = Path(__file__).parent / "data" / "course"


def copy_course(folder: Path) -> Path:
    """The course, in a folder where it may be changed."""
    return shutil.copytree(COURSE, folder / "course", ignore=shutil.ignore_patterns("__pycache__"))


class FakeRunner:
    """Stores hand-made evidence. ``# does: …`` in the submission's entry file says what happens."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.closed = 0

    def run(self, jobs: Iterable[Job]) -> Iterator[Done]:
        try:
            for job in jobs:
                self.jobs.append(job)
                source = Path(job.folder, job.entry).read_text(encoding="utf-8")
                does = set(" ".join(re.findall(r"# does: (.*)", source)).split())
                if f"lose_{job.name}" in does:
                    problem = Problem(title="The control process died twice.")
                    yield Done(name=job.name, destination=job.destination, problem=problem)
                    continue
                if f"interrupt_{job.name}" in does:
                    raise KeyboardInterrupt
                made = _evidence(job, source, does)
                layer: Layer = "D" if f"unlock_{job.name}" in does else "B"
                made = made.model_copy(update={"isolation": Isolation(layer=layer, active=["limits"])})
                path = evidences.store(made, Path(job.destination))
                yield Done(name=job.name, destination=job.destination, path=str(path))
        finally:
            self.closed += 1


def _evidence(job: Job, source: str, does: set[str]) -> Evidence:
    record = Recorder(job.name, job.scenario, seed=job.seed, dag_id=job.dag_id or "dag")
    tasks = " ".join(re.findall(r"# tasks: (.*)", source)).split()
    for outcome in ("error", "timeout"):
        if not tasks or f"import_{outcome}" in does:
            problem = Problem(title="There is no DAG in dag.py.", file="dag.py", line=3)
            return record.evidence(outcome, task_ids=[], problem=problem)
    if f"stuck_{job.name}" in does:
        return record.evidence("stuck", problem=Problem(title="It did not end."))
    for task in [task for task in tasks if task in job.scenario.faults]:
        _run(record, job, task, does)
    if f"late_timeout_{job.name}" in does:
        return record.evidence(
            "timeout", task_ids=tasks, problem=Problem(title="It took more than 30 seconds.")
        )
    return record.evidence(task_ids=tasks)


def _run(record: Recorder, job: Job, task: str, does: set[str]) -> None:
    last = len(job.scenario.faults[task]) if isinstance(job.scenario.faults[task], list) else 0
    last = last or (job.scenario.retries or 0) + 1
    for number in range(1, last + 1):
        fault = job.scenario.fault_for(task, number)
        failed = fault is not None and fault.kind == "raises"
        record.attempt(
            task, number, ("failed" if number == last else "up_for_retry") if failed else "success"
        )
        if job.name == "tidy":
            record.file("data.csv", left="tidy" not in does)
        told = "mail" in does and failed and (number == last or "mail_on_retry" in does)
        if told:
            message = record.message(task, number)
            record.callback().mail(
                html=f"<p>{html.escape(message) if 'escape' in does else message}</p>Try {number}"
            )
        if told and "count" in does and number == last:
            record.metric("told")
