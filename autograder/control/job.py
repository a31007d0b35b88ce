"""What a control process is asked to do, and what it answers."""

from __future__ import annotations

from autograder.evidence import Problem
from autograder.limits import Limits
from autograder.records import Record
from autograder.scenario import Scenario

__all__ = ["Done", "Job"]


class Job(Record):
    """One scenario over one submission."""

    name: str
    scenario: Scenario
    seed: int
    folder: str
    """The submission's files; they are copied from here."""
    entry: str = "dag.py"
    dag_id: str | None = None
    """The DAG id that the brief names; None: whatever single DAG is there."""
    among: bool = False
    """Whether the file may have other DAGs beside that one. They run only when it triggers them."""
    connections: dict[str, str] = {}
    """Airflow connection id → kind of stand-in."""
    plugins: str | None = None
    """A folder of the exercise with Airflow plugins, which both sides load."""
    limits: Limits = Limits()
    """What the scenario may use."""
    destination: str
    """The folder in which the evidence is stored."""


class Done(Record):
    """A scenario's evidence is stored, or could not be made, which is our fault."""

    name: str
    destination: str = ""
    """As in its job: several jobs may have the same scenario."""
    path: str | None = None
    problem: Problem | None = None
    refused: str | None = None
    """Why nothing at all can be run here: the jail that was asked for cannot be had."""
    doubt: str = ""
    """Why this control process and its warm parent are not to be used any more, although this scenario is sound."""
