"""A scenario: one DAG run with given faults and stand-ins. A value, declared in an exercise's ``checks.py``."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from autograder.faults import Fault, seconds
from autograder.records import Record

__all__ = [
    "Behaviour",
    "Mark",
    "Response",
    "Scenario",
    "answers",
    "marked",
    "never_answers",
    "refuses",
    "responds",
    "secret_for",
]


class Behaviour(Record):
    """How a stand-in treats those who call it."""

    kind: Literal["works", "refuses", "never_answers", "answers"] = "works"
    status: int = 200
    """The status of ``answers``: an HTTP status, or an SMTP reply code for mail."""


def refuses() -> Behaviour:
    """Nobody listens: connections are refused. For leases: the first closing is refused."""
    return Behaviour(kind="refuses")


def never_answers() -> Behaviour:
    """Connections are taken, and never answered."""
    return Behaviour(kind="never_answers")


def answers(status: int) -> Behaviour:
    """Every request is answered with this status."""
    return Behaviour(kind="answers", status=status)


class Mark(Record):
    """Somebody sets a state from outside, as in Airflow's pages: of a task, or without one of the whole run."""

    at: float = Field(ge=0)
    """Virtual seconds after the start of the run."""
    state: Literal["success", "failed"]
    task: str | None = None


def marked(state: Literal["success", "failed"], *, at: float | str, task: str | None = None) -> Mark:
    """Somebody marks the run, or one task of it, ``at`` this moment (``"30min"``) after its start.

    :raises ValueError: when ``at`` is not a duration.
    """
    return Mark(at=seconds(at), state=state, task=task)


class Response(Record):
    """What a person answers to a task that waits for one (Airflow: human in the loop)."""

    options: list[str] = Field(min_length=1)
    """The options that are chosen."""
    params: dict[str, Any] = {}
    """What is filled in."""
    after: float = Field(default=0, ge=0)
    """Virtual seconds after the task has asked."""


def responds(*options: str, after: float | str = 0, params: dict[str, Any] | None = None) -> Response:
    """A person chooses these options, so long after the task has asked.

    :raises ValueError: when no option is chosen, or ``after`` is not a duration.
    """
    return Response(options=list(options), params=params or {}, after=seconds(after))


class Scenario(Record):
    """One DAG run. ``Scenario(tasks, fault, …)`` or ``Scenario({task: fault}, …)``.

    The named tasks get the fault and run; all others count as succeeded unless ``others="run"``.
    A list of faults is one per try, ``None`` among them the task's own work; after its end the own work runs.
    A single fault holds at every try. ``None`` in place of a fault: the task runs its own work.
    """

    faults: dict[str, Fault | list[Fault | None] | None]
    others: Literal["succeed", "run"] = "succeed"
    """What becomes of the tasks that are not named: they count as succeeded, or do their own work."""
    retries: int | None = None
    """Retries of the named tasks, in place of the DAG's own; None leaves them."""
    logical_date: Literal["set"] | None = "set"
    """None: the run has no logical date, as when an asset or a person without one triggers it."""
    variables: dict[str, str] = {}
    """Airflow Variables, by name."""
    conf: dict[str, Any] = {}
    """The run's configuration (``dag_run.conf``)."""
    pools: dict[str, int] = {}
    """Pools and how many slots each has, ``default_pool`` among them."""
    history: list[float] = []
    """How many seconds earlier successful runs of the DAG took, the oldest first: what an average is made of."""
    marks: list[Mark] = []
    """States that somebody sets from outside."""
    responses: dict[str, Response] = {}
    """What people answer, by task. A task that asks and is not named here waits until its own timeout."""
    mail: Behaviour = Behaviour()
    slack: Behaviour = Behaviour()
    metrics: Behaviour = Behaviour()
    monitoring: Behaviour = Behaviour()
    leases: Behaviour = Behaviour()

    def __init__(
        self,
        tasks: str | Sequence[str] | Mapping[str, Any] | None = None,
        fault: Any = None,
        **settings: Any,
    ) -> None:
        if tasks is not None:
            names = [tasks] if isinstance(tasks, str) else tasks
            given = dict(names) if isinstance(names, Mapping) else dict.fromkeys(names, fault)
            settings["faults"] = given
        super().__init__(**settings)

    def fault_for(self, task_id: str, try_number: int) -> Fault | None:
        """The fault of this task at this try (1-based), or None for its own work."""
        fault = self.faults.get(task_id)
        if not isinstance(fault, list):
            return fault
        return fault[try_number - 1] if try_number <= len(fault) else None

    def digest(self) -> str:
        """A short hash of the definition: stored evidence of another definition is not this scenario's."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


def secret_for(seed: int, scenario: str, task_id: str, try_number: int) -> str:
    """The text that replaces ``{secret}``: twelve letters and digits, new per seed, scenario, task and try."""
    material = f"{seed}\0{scenario}\0{task_id}\0{try_number}".encode()
    return hashlib.blake2b(material, digest_size=6, key=b"secret").hexdigest()
