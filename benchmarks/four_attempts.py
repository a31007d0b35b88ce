"""The scenario that everything is measured on: one task that succeeds, one that fails three tries."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from autograder.airflow33 import database, environ
from autograder.control import Job, Pool
from autograder.evidence import load
from autograder.scenario import Scenario
from benchmarks.processes import cpu

__all__ = ["DAG", "Cost", "dag_test", "dags_test", "warm"]

DAG = """\
from airflow.sdk import DAG, task


def note(context):
    print("failed", context["ti"].task_id)


with DAG("bench"):

    @task
    def fine():
        return 1

    @task(retries=2, retry_delay=0, on_failure_callback=note)
    def broken():
        raise OSError("disk")

    fine()
    broken()
"""

_REPEAT = """\
import json, os, resource, sys, time
sys.path.insert(0, os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
import logging
from dag import dag
dag.test()
for _ in range(int(sys.argv[1])):
    wall, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    dag.test()
    after = resource.getrusage(resource.RUSAGE_SELF)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print("COST", time.perf_counter() - wall, used, flush=True)
"""


@dataclass(frozen=True)
class Cost:
    """Seconds for the four attempts."""

    wall: float
    cpu: float


def _environment(folder: Path, template: Path) -> dict[str, str]:
    """A plain Airflow, as ``airflow dags test`` finds it: a migrated database and a folder with the DAG."""
    dags = folder / "dags"
    dags.mkdir(parents=True)
    (dags / "dag.py").write_text(DAG.replace('with DAG("bench"):', 'with DAG("bench") as dag:'))
    copy = folder / "airflow.db"
    copy.write_bytes(template.read_bytes())
    kept = environ.clean(folder)
    return kept | {
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{copy}",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": environ.bundle_setting(dags),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }


def dags_test(folder: Path, cache: Path) -> Cost:
    """``airflow dags test``, from a shell."""
    env = _environment(folder, database.template(cache))
    began = time.perf_counter()
    process = subprocess.Popen(
        ["airflow", "dags", "test", "bench"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    errors = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    if b"DagRun failed" not in errors:  # as it should: one of the two tasks does
        raise RuntimeError(f"`airflow dags test` ended with {status}: {errors.decode()[-2000:]}")
    return Cost(time.perf_counter() - began, used.ru_utime + used.ru_stime)


def dag_test(folder: Path, cache: Path, times: int) -> Cost:
    """``dag.test()`` in a process that has run it before."""
    env = _environment(folder, database.template(cache))
    done = subprocess.run(
        [sys.executable, "-c", _REPEAT, str(times)], env=env, capture_output=True, text=True, check=True
    )
    costs = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("COST")]
    return Cost(
        statistics.median(float(wall) for wall, _ in costs),
        statistics.median(float(used) for _, used in costs),
    )


def warm(folder: Path, cache: Path, times: int) -> Cost:
    """Our run, in a pool that has run it before: parse, four attempts, evidence stored."""
    folder.mkdir(parents=True)
    (folder / "dag.py").write_text(DAG)
    job = Job(
        name="bench",
        scenario=Scenario({}, others="run"),
        seed=1,
        folder=str(folder),
        destination=str(folder / "evidence"),
    )
    with Pool(1, cache=cache) as pool:
        for _ in range(3):
            (done,) = pool.run([job])
        assert done.path is not None, done.problem
        attempts = [e for e in load(Path(done.path)).executions if e.component == "worker"]
        assert len(attempts) == 4, attempts
        pids = pool.pids
        began, before = time.perf_counter(), sum(map(cpu, pids))
        for _ in range(times):
            list(pool.run([job]))
        return Cost((time.perf_counter() - began) / times, (sum(map(cpu, pids)) - before) / times)
