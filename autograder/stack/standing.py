"""The standing stand-ins: one set for all that a learner runs outside of the grader, with addresses that last.

They stand in the process that lives longest: Jupyter's server, so that notebooks reach them too, or, where there is
none, the supervisor of Airflow. Each of Airflow's components has an address of its own, so that a mail tells which of
them sent it.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from autograder.evidence import Component
from autograder.scenario import Scenario
from autograder.services import Address, StandIns
from autograder.session import CONNECTIONS
from autograder.stack.shelf import Shelf, ShelfLedger

__all__ = ["VARIABLE", "Standing", "environments"]

VARIABLE = "AUTOGRADER_STAND_INS"
"""Names the file in which the running stand-ins have written every component's environment."""

ELSEWHERE = "elsewhere"
"""In place of a component: a notebook, or a terminal."""

LEASES = 10_000

_COMPONENTS: tuple[Component, ...] = ("worker", "DAG processor", "triggerer", "executor")


class Standing:
    """Stand-ins that work until they are stopped, and keep what arrives in ``work/.cache/deliveries``.

    :param work: the learner's folder.
    """

    def __init__(self, work: Path) -> None:
        self._services = StandIns()
        self._ledger = ShelfLedger(Shelf(work), LEASES)
        self._file = work / ".cache" / "stand-ins" / f"{os.getpid()}.json"
        self.environments: dict[str, dict[str, str]] = {}
        """Component, or ``elsewhere``, → the variables by which what runs in it finds the stand-ins."""

    @property
    def environment(self) -> dict[str, str]:
        """The variables for notebooks and terminals; ``VARIABLE`` is among them, for the supervisor of Airflow."""
        return self.environments[ELSEWHERE] | {VARIABLE: str(self._file)}

    def start(self) -> None:
        """Listen on loopback; from now on there are ``environments``.

        :raises OSError: when that, or writing below ``work``, is not possible.
        """
        self._services.start()
        self._services.begin(Scenario({}), time.time, self._ledger)
        for number, component in enumerate((*_COMPONENTS, None), 1):
            address = self._services.open(
                execution=number,
                component=component,
                task_id=None,
                map_index=-1,
                try_number=None,
                phase="import or callback",
            )
            self.environments[component or ELSEWHERE] = address.environ | self._connections(address)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        for old in self._file.parent.glob("*.json"):
            if not (old.stem.isdecimal() and psutil.pid_exists(int(old.stem))):
                old.unlink(missing_ok=True)
        with os.fdopen(os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump({"pid": os.getpid(), "environments": self.environments}, file)

    def stop(self) -> None:
        self._services.stop()
        self._file.unlink(missing_ok=True)

    def _connections(self, address: Address) -> dict[str, str]:
        made = {}
        for conn_id, kind in CONNECTIONS.items():
            given = {name: value for name, value in self._services.connection(kind, address).items() if value}
            if "extra" in given:
                given["extra"] = json.loads(given["extra"])
            made[f"AIRFLOW_CONN_{conn_id.upper()}"] = json.dumps(given)
        return made


def environments(environment: Mapping[str, str] = os.environ) -> dict[str, dict[str, str]] | None:
    """Every component's variables, as the stand-ins that this environment names wrote them; None: there are none."""
    named = environment.get(VARIABLE)
    if not named:
        return None
    with suppress(OSError, ValueError, KeyError, TypeError):
        known: dict[str, Any] = json.loads(Path(named).read_text(encoding="utf-8"))
        if psutil.pid_exists(known["pid"]):
            return {component: dict(found) for component, found in known["environments"].items()}
    return None
