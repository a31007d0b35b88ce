"""Whole runs without a process: the real control side, and children that are made of what a fuzzer says.

The door to the warm parent is ours. All that is behind a child's channels is real: the reader, the permits, Airflow's
supervision, its Execution API and its scheduler over a private database, the stand-ins, the recording.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.control.job import Job
from autograder.control.run import execute
from autograder.control.world import World
from autograder.evidence import Evidence
from autograder.jail.orders import Orders
from autograder.limits import Limits
from tests.fuzz.door import FalseDoor, Script

__all__ = ["Stage"]


class Stage:
    """One control process's world, in which one run after the other is played.

    :param template: the migrated database.
    """

    def __init__(self, template: Path) -> None:
        self._root = Path(tempfile.mkdtemp(prefix="fuzz-"))
        self._door = FalseDoor()
        scratch = self._root / "host" / "control"
        scratch.mkdir(parents=True)
        self._world = World(self._door, scratch, template)  # type: ignore[arg-type]
        self._submission = self._root / "submission"
        self._submission.mkdir()
        (self._submission / "dag.py").write_text("# Nobody reads this: what is in it, a script says.\n")

    @property
    def submission(self) -> Path:
        return self._submission

    def play(self, job: Job, script: Callable[[Orders, int], Script]) -> Evidence:
        """Run a job with these children.

        :param script: gives the script of each child; called with its orders, and which one it is, from 1 on.
        """
        self._door.begin(script)
        return execute(job, self._world)

    def job(self, **fields: Any) -> Job:
        made: dict[str, Any] = {
            "name": "scenario",
            "seed": 20261120000001,
            "folder": str(self._submission),
            "destination": str(self._root),
            "limits": Limits(wall=10.0),
        }
        return Job(**made | fields)

    def close(self) -> None:
        self._world.close()
        self._door.close()
        shutil.rmtree(self._root, ignore_errors=True)
