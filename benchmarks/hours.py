"""What hours of virtual time cost: the same attempts with them and without."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from autograder.control import Job, Pool
from autograder.evidence import load
from autograder.scenario import Scenario
from benchmarks.four_attempts import Cost
from benchmarks.processes import cpu

__all__ = ["Hours", "hours"]

_DAG = """\
from datetime import timedelta

from airflow.sdk import DAG, DeadlineAlert, DeadlineReference, SyncCallback, task

with DAG(
    "bench",
    deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta({interval}),
        callback=SyncCallback("alerts.late"),
    ),
):

    @task(retries=3, retry_delay=timedelta({delay}))
    def work():
        raise OSError("disk")

    work()
"""
_ALERTS = """\
def late(context):
    print("late", context["dag_run"]["dag_run_id"])
"""


@dataclass(frozen=True)
class Hours:
    """A run with four attempts and a deadline that is missed."""

    hours: Cost
    """Three hours of retries, a deadline of two."""
    none: Cost
    """The retries follow at once, the deadline is due at the start."""


def hours(folder: Path, cache: Path, times: int) -> Hours:
    """The median of so many runs of each, one after the other, in a warm pool."""
    jobs = []
    for name, delay, interval in (("hours", "hours=1", "hours=2"), ("none", "", "")):
        place = folder / name
        place.mkdir(parents=True)
        (place / "dag.py").write_text(_DAG.format(delay=delay, interval=interval))
        (place / "alerts.py").write_text(_ALERTS)
        destination = str(place / "evidence")
        jobs.append(
            Job(
                name=name,
                scenario=Scenario({}, others="run"),
                seed=1,
                folder=str(place),
                destination=destination,
            )
        )
    costs: dict[str, list[Cost]] = {job.name: [] for job in jobs}
    with Pool(1, cache=cache) as pool:
        list(pool.run(jobs))
        for number in range(times + 2):
            for job in jobs:
                began, before = time.perf_counter(), sum(map(cpu, pool.pids))
                (done,) = pool.run([job])
                cost = Cost(time.perf_counter() - began, sum(map(cpu, pool.pids)) - before)
                assert done.path is not None, done.problem
                if number == 0:
                    _look(Path(done.path), 3 * 3600 if job.name == "hours" else 0)
                elif number > 1:
                    costs[job.name].append(cost)
    return Hours(**{name: _median(found) for name, found in costs.items()})


def _median(costs: list[Cost]) -> Cost:
    return Cost(statistics.median(c.wall for c in costs), statistics.median(c.cpu for c in costs))


def _look(path: Path, seconds: float) -> None:
    """It is what we say that it is."""
    evidence = load(path)
    components = [execution.component for execution in evidence.executions]
    assert sorted(components) == ["DAG processor", "executor", *["worker"] * 4], components
    assert evidence.run_ended is not None
    assert seconds <= evidence.run_ended < seconds + 60, evidence.run_ended
