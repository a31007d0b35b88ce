"""Airflow's cluster policy in the real world: the same faults as in ours, by the code that performs them there.

Copied as ``airflow_local_settings.py`` into the configuration folder of the real Airflow. ``fidelity_faults`` beside
it says which task fails how at which try.
"""

from __future__ import annotations

import os
import signal
from typing import Any

from fidelity_faults import FAULTS, RETRIES  # type: ignore[import-not-found]
from sqlalchemy import event
from sqlalchemy.engine import Engine

from autograder.jail.faults import replacement

__all__ = ["task_policy"]


@event.listens_for(Engine, "connect")
def _fast(connection: Any, _: Any) -> None:
    """Waiting for the disk makes locks last, until SQLite's patience ends and a scheduler with it."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.close()


def task_policy(task: Any) -> None:
    """Put the fault in place of the task's work."""
    key = f"{task.dag_id}.{task.task_id}"
    if key in RETRIES:
        task.retries = RETRIES[key]
    if key not in FAULTS:
        return
    work = task.execute

    def execute(context: Any) -> Any:
        faults = FAULTS[key]
        number = context["ti"].try_number
        fault = faults if isinstance(faults, dict) else faults[number - 1] if number <= len(faults) else None
        if fault is not None and fault["kind"] == "loses_machine":
            os.kill(os.getppid(), signal.SIGKILL)  # the supervisor, in ours killed by who owns it
        return work(context=context) if fault is None else replacement(fault, work)(context)

    task.__dict__["execute"] = execute
