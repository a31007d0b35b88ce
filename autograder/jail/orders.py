"""What control wants of one child. Plain JSON: the jail has no use for the grader's own records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Orders"]


@dataclass
class Orders:
    kind: str
    """``task``, ``dag_file``, ``callback`` (of a deadline, on the executor) or ``trigger``."""
    folder: str
    """Where the submission lies."""
    cwd: str
    tmp: str
    now: int
    start: int
    chance: str = ""
    """What Python's random numbers begin with: the same run is to give the same ones again."""
    environ: dict[str, str] = field(default_factory=dict)
    callback: dict[str, Any] = field(default_factory=dict)
    """Of a ``callback``: its path, its arguments as Airflow serializes them, and the file of its DAG."""
    plugins: str | None = None
    """The folder of the exercise's Airflow plugins."""
    retries: dict[str, int] = field(default_factory=dict)
    """Task id → retries that the scenario sets."""
    memory: int = 0
    """Bytes of private memory the child may take beyond what it has from its parent; 0: no limit."""
    cpu: int = 0
    """Seconds of computing that each of its processes may take; 0: no limit."""
    processes: int = 0
    """Processes and threads beside each other; 0: no limit."""
    file: int = 0
    """Bytes of one file that it may write; 0: no limit."""
    ports: list[int] = field(default_factory=list)
    """TCP ports of the stand-ins: all that it may connect to where it has no network of its own."""
    canary: dict[str, Any] = field(default_factory=dict)
    """What the self-test tries to reach (``autograder.jail.selftest``)."""
