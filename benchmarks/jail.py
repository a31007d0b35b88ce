"""What the jail costs an attempt, and whether three hundred of them in a row slow it down or leave something behind."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autograder.control import Job, Pool
from autograder.evidence import Isolation, load
from autograder.scenario import Scenario
from benchmarks.processes import cpu, descendants, memory

__all__ = ["Apart", "Attempt", "InARow", "Leftovers", "beside_limits_only", "in_a_row"]

_TRIES = 5
_FIFTY = 50 // _TRIES
_DAG = f"""\
from airflow.sdk import DAG, task


def note(context):
    print("failed", context["ti"].task_id)


with DAG("bench"):

    @task(retries={_TRIES - 1}, retry_delay=0, on_failure_callback=note)
    def broken():
        raise OSError("disk")

    broken()
"""
_NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "user", "uts")


@dataclass(frozen=True)
class Attempt:
    """What an attempt costs, the parsing and the scheduling around it included."""

    wall: float
    """Milliseconds, the median."""
    cpu: float
    """Milliseconds, the mean: the kernel counts in hundredths of a second."""


@dataclass(frozen=True)
class Apart:
    """The same run in the best layer of this machine, and without a sandbox."""

    layer: str
    jailed: Attempt
    limited: Attempt


@dataclass(frozen=True)
class Leftovers:
    """What the pool's processes hold."""

    descriptors: int
    processes: int
    namespaces: int
    """In which they are, or which a descriptor of theirs keeps."""
    mounts: int
    """As the host and each of the pool's processes see them."""
    private: int
    """Megabytes."""


@dataclass(frozen=True)
class InARow:
    """Three hundred attempts, one after another."""

    first: Attempt
    """One of the first fifty."""
    last: Attempt
    before: Leftovers
    """After the first fifty."""
    after: Leftovers


def beside_limits_only(folder: Path, cache: Path, times: int) -> Apart:
    """The same run by turns in the best layer and in layer D, so that a noisy machine disturbs both."""
    job = _job(folder)
    with Pool(1, cache=cache) as jailed, Pool(1, cache=cache, layer="D") as limited:
        pools = (jailed, limited)
        for pool in pools:
            for _ in range(3):
                _isolation_of(pool, job)
        walls: list[list[float]] = [[], []]
        used = [0.0, 0.0]
        for _ in range(times):
            for index, pool in enumerate(pools):
                before = sum(map(cpu, pool.pids))
                walls[index].append(_run(pool, job))
                used[index] += sum(map(cpu, pool.pids)) - before
        layer = _isolation_of(jailed, job).layer
    return Apart(layer, *(_attempt(*each) for each in zip(walls, used, strict=True)))


def in_a_row(folder: Path, cache: Path) -> InARow:
    """Sixty runs of five attempts each, in the best layer."""
    job = _job(folder)
    with Pool(1, cache=cache) as pool:
        _isolation_of(pool, job)
        first, before = _fifty(pool, job), _leftovers(pool)
        for _ in range(300 // _TRIES - 2 * _FIFTY):
            _run(pool, job)
        return InARow(first, _fifty(pool, job), before, _leftovers(pool))


def _fifty(pool: Pool, job: Job) -> Attempt:
    before = sum(map(cpu, pool.pids))
    walls = [_run(pool, job) for _ in range(_FIFTY)]
    return _attempt(walls, sum(map(cpu, pool.pids)) - before)


def _attempt(walls: list[float], used: float) -> Attempt:
    """Of runs that took so many milliseconds each, and so many seconds of computing together."""
    return Attempt(statistics.median(walls) / _TRIES, 1000 * used / len(walls) / _TRIES)


def _isolation_of(pool: Pool, job: Job) -> Isolation:
    """How a run of the pool was locked up.

    :raises RuntimeError: when it did not run as it should, or does not say.
    """
    (done,) = pool.run([job])
    if done.path is None:
        raise RuntimeError(f"the scenario did not run: {done.problem}")
    found = load(Path(done.path))
    attempts = [one for one in found.executions if one.component == "worker"]
    if len(attempts) != _TRIES or found.isolation is None:
        raise RuntimeError(f"{len(attempts)} attempts instead of {_TRIES}, isolation {found.isolation}")
    return found.isolation


def _job(folder: Path) -> Job:
    folder.mkdir(parents=True)
    (folder / "dag.py").write_text(_DAG)
    return Job(
        name="bench",
        scenario=Scenario({}, others="run"),
        seed=1,
        folder=str(folder),
        destination=str(folder / "evidence"),
    )


def _run(pool: Pool, job: Job) -> float:
    """Milliseconds of one run."""
    began = time.perf_counter()
    list(pool.run([job]))
    return 1000 * (time.perf_counter() - began)


def _leftovers(pool: Pool) -> Leftovers:
    tree = [pid for root in pool.pids for pid in descendants(root)]
    mounts = ["self", *tree]
    return Leftovers(
        descriptors=sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in tree),
        processes=len(tree),
        namespaces=len(_namespaces(tree)),
        mounts=sum(Path(f"/proc/{pid}/mounts").read_text().count("\n") for pid in mounts),
        private=sum(memory(pid)["private"] for pid in tree),
    )


def _namespaces(pids: Iterable[int]) -> set[str]:
    """Every namespace that one of these processes is in, or holds open."""
    found = set()
    for pid in pids:
        places = [f"/proc/{pid}/ns/{kind}" for kind in _NAMESPACES]
        try:
            places += [f"/proc/{pid}/fd/{number}" for number in os.listdir(f"/proc/{pid}/fd")]
        except OSError:
            continue
        for place in places:
            try:
                leads = os.readlink(place)
            except OSError:
                continue
            if leads.partition(":")[0] in _NAMESPACES:
                found.add(leads)
    return found
