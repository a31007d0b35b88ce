"""What probe DAGs are made with: every callback and every body writes one line, in both worlds with these words.

``fidelity_world`` is written beside this file, for each world its own: where the lines go, and whether time is real.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import BaseOperator
from airflow.triggers.base import BaseTrigger, TaskFailedEvent, TaskSuccessEvent, TriggerEvent
from fidelity_world import LINES, REAL, SCHEDULER  # type: ignore[import-not-found]

__all__ = [
    "DAG_CALLBACKS",
    "TASK_CALLBACKS",
    "Breaks",
    "Lingers",
    "Long",
    "body",
    "delta",
    "late",
    "late_and_breaks",
    "later",
    "later_and_breaks",
    "seconds",
    "sleep",
    "tells",
    "without_context",
    "write",
]

_COMPONENTS = {
    "airflow.sdk.execution_time.callback_supervisor": "executor",
    "airflow.jobs.triggerer_job_runner": "triggerer",
    "airflow.dag_processing.processor": "DAG processor",
    "airflow.sdk.execution_time.task_runner": "worker",
}
"""Module of Airflow → who runs its code."""

TASK_KINDS = ("execute", "success", "failure", "retry", "skipped")

Context = Mapping[str, Any]


def seconds(virtual: float, real: float) -> float:
    """A duration: hours where time is virtual, moments where it is real."""
    return real if REAL else virtual


def delta(virtual: float, real: float) -> timedelta:
    return timedelta(seconds=seconds(virtual, real))


def sleep(virtual: float, real: float) -> None:
    time.sleep(seconds(virtual, real))


def write(kind: str, context: Context, **more: Any) -> None:
    """One line: who we are, what we are called with."""
    ti, run = context.get("ti"), context["dag_run"]
    of_run = run if isinstance(run, dict) else vars(run)
    exception = context.get("exception", "absent")
    line = {
        "dag": of_run["dag_id"],
        "run": of_run.get("run_id") or of_run.get("dag_run_id"),
        "task": getattr(ti, "task_id", None),
        "map_index": getattr(ti, "map_index", -1),
        "try": getattr(ti, "try_number", None),
        "kind": kind,
        "component": _component(),
        "keys": sorted(context),
        "reason": context.get("reason"),
        "exception": type(exception).__name__ if isinstance(exception, BaseException) else str(exception),
        "state": str(ti.state) if getattr(ti, "state", None) else None,
        "run_state": str(of_run["state"]),
        **more,
    }
    with open(LINES, "a") as file:
        file.write(json.dumps(line) + "\n")


def body(name: str, context: Context, **more: Any) -> None:
    """A task's own work says that it is there, or how far it is."""
    write(f"work {name}", context, **more)


def tells(kind: str) -> Callable[[Context], None]:
    """A callback that says that it was called."""

    def call(context: Context) -> None:
        write(kind, context)

    call.__name__ = call.__qualname__ = f"tells_{kind.replace(' ', '_')}"
    return call


TASK_CALLBACKS: dict[str, Any] = {f"on_{kind}_callback": tells(kind) for kind in TASK_KINDS}
DAG_CALLBACKS: dict[str, Any] = {
    f"on_{kind}_callback": tells(f"dag {kind}") for kind in ("success", "failure")
}


def _component() -> str:
    """The innermost of Airflow's modules that we are called by tells whose process this is."""
    frame = sys._getframe(1)
    while frame is not None:
        if name := _COMPONENTS.get(frame.f_globals.get("__name__", "")):
            return name
        frame = frame.f_back  # type: ignore[assignment]
    return "unknown"


def late(context: Context, name: str, **more: Any) -> None:
    """A deadline's callback on the executor."""
    write(f"deadline {name}", context, **more)


def late_and_breaks(context: Context, name: str) -> None:
    late(context, name)
    raise OSError("the callback broke")


async def later(context: Context, name: str, **more: Any) -> str:
    """A deadline's callback in the triggerer."""
    write(f"deadline {name}", context, **more)
    return "told"


async def later_and_breaks(context: Context, name: str) -> None:
    await later(context, name)
    raise OSError("the callback broke")


async def without_context(name: str) -> str:
    return name


class Breaks(BaseTrigger):
    """A trigger that raises after the scheduler has seen that its task's process has ended: really, its log says so."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return "probe.Breaks", {}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        while REAL and not self._is_seen():
            await asyncio.sleep(0.5)
        await asyncio.sleep(seconds(600, 2))
        raise OSError("the trigger broke")
        yield

    def _is_seen(self) -> bool:
        ti: Any = self.task_instance
        key = (
            f"dag_id='{ti.dag_id}', task_id='{ti.task_id}', run_id='{ti.run_id}', try_number={ti.try_number}"
        )
        said = Path(SCHEDULER).read_text(errors="replace").splitlines()
        return any("Received executor event" in line and key in line for line in said)


class Long(BaseOperator):
    """Works for three hours (really: two minutes), and says when it is told to stop."""

    def execute(self, context: Any) -> None:
        self.known = context
        body("begins", context)
        time.sleep(seconds(10800, 120))
        body("too late", context)

    def on_kill(self) -> None:
        write("work on_kill", self.known)


class Lingers(BaseTrigger):
    """Has its task go on, or ends it, and is not done then; it says what becomes of itself."""

    def __init__(self, then: str) -> None:
        super().__init__()
        self.then = then

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return "probe.Lingers", {"then": self.then}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        await asyncio.sleep(seconds(600, 1))
        match self.then:
            case "fails":
                yield TaskFailedEvent()
            case "succeeds":
                yield TaskSuccessEvent()
            case _:
                yield TriggerEvent("go on")
        await asyncio.sleep(3600)

    async def on_kill(self) -> None:
        self._write("trigger on_kill")

    async def cleanup(self) -> None:
        self._write("trigger cleanup")

    def _write(self, kind: str) -> None:
        ti: Any = self.task_instance
        write(kind, {"ti": ti, "dag_run": {"dag_id": ti.dag_id, "run_id": ti.run_id, "state": ""}})
