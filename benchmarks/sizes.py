"""How much memory the warm parent and a child take."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from autograder.control import Job, Pool
from autograder.scenario import Scenario
from benchmarks.processes import descendants, memory

__all__ = ["sizes"]

_WAITS = """\
import select
from airflow.sdk import DAG, task

with DAG("bench"):

    @task
    def work():
        select.select([], [], [], 2)

    work()
"""


def sizes(folder: Path, cache: Path) -> dict[str, dict[str, int]]:
    """Megabytes of a control process, of the warm parent and of a child in the middle of its work."""
    folder.mkdir(parents=True)
    (folder / "dag.py").write_text(_WAITS)
    job = Job(
        name="bench",
        scenario=Scenario({}, others="run"),
        seed=1,
        folder=str(folder),
        destination=str(folder / "evidence"),
    )
    with Pool(1, cache=cache) as pool:
        list(pool.run([job]))
        thread = threading.Thread(target=lambda: list(pool.run([job])), daemon=True)
        thread.start()
        time.sleep(1.2)
        tree = [pid for root in pool.pids for pid in descendants(root)]
        named = {pid: Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") for pid in tree}
        control = [pid for pid in tree if b"autograder.control" in named[pid]]
        jail = [pid for pid in tree if pid not in control]
        found = {
            "control process": max((memory(pid) for pid in control), key=lambda size: size["private"]),
            "warm parent": memory(jail[0]),
            "child": memory(jail[-1]),
        }
        thread.join()
    return found
