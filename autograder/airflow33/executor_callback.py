"""The jail's side of a callback on the executor: the program that Airflow's ``CallbackSubprocess`` forks into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from airflow.executors.workloads.base import BundleInfo
from airflow.sdk.execution_time import callback_supervisor
from airflow.sdk.execution_time.callback_supervisor import CallbackSubprocess
from airflow.sdk.execution_time.supervisor import WatchedSubprocess
from airflow.serialization.serialized_objects import BaseSerialization

from autograder.airflow33.environ import BUNDLE

__all__ = ["record", "target"]


class _Unforked(WatchedSubprocess):
    """Keeps the program that it is told to fork: we are the fork already."""

    @classmethod
    def start(cls, *, target: Callable[[], None], **_: Any) -> Any:  # type: ignore[override]
        return target


class _Target(CallbackSubprocess, _Unforked):  # type: ignore[misc]
    """Airflow's own way to make the program, ending in ``_Unforked.start``."""


def target(orders: dict[str, Any]) -> Callable[[], None]:
    """The program of this callback (callback_supervisor.py:212-253): it imports the callback and calls it."""
    made: Any = _Target.start(
        id=UUID(int=0),  # type: ignore[arg-type]
        callback_path=orders["path"],
        callback_kwargs=BaseSerialization.deserialize(orders["kwargs"]),
        dag_rel_path=Path(orders["dag_rel_path"]),
        bundle_info=BundleInfo(name=BUNDLE),
        client=None,  # type: ignore[arg-type]
    )
    program: Callable[[], None] = made
    return program


def record(recorded: Callable[[Any], Any]) -> None:
    """Have every callback that is run here replaced by what ``recorded`` makes of it."""
    # The one place where it takes something out of a module by its name (callback_supervisor.py:138).
    vars(callback_supervisor)["getattr"] = lambda module, name: recorded(getattr(module, name))
