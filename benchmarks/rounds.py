"""What our rounds cost, beside Airflow's unmodified scheduler loop under the same clock and with the same records."""

from __future__ import annotations

import time
from pathlib import Path

from autograder.control import Job, Pool
from autograder.scenario import Scenario
from benchmarks.four_attempts import Cost
from benchmarks.processes import cpu

__all__ = ["our_rounds_and_airflows_loop"]

_ORACLE = Path(__file__).parents[1] / "tests" / "oracle"


def our_rounds_and_airflows_loop(folder: Path, cache: Path, times: int) -> tuple[Cost, Cost]:
    """Eight tasks, twelve executions and two hours of retries, warm: by our rounds, and by Airflow's loop."""
    job = Job(
        name="rounds",
        scenario=Scenario({}, others="run"),
        seed=1,
        folder=str(_ORACLE / "dags"),
        entry="ends.py",
        destination=str(folder),
    )
    costs = []
    for program in (["-m", "autograder.control"], [str(_ORACLE / "program.py")]):
        with Pool(1, cache=cache, program=program) as pool:
            for _ in range(3):
                (done,) = pool.run([job])
            if done.path is None:
                raise RuntimeError(f"the scenario did not run: {done.problem}")
            pids = pool.pids
            began, before = time.perf_counter(), sum(map(cpu, pids))
            for _ in range(times):
                list(pool.run([job]))
            costs.append(Cost((time.perf_counter() - began) / times, (sum(map(cpu, pids)) - before) / times))
    return costs[0], costs[1]
