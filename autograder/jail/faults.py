"""Performing a fault in place of a task's work, or after it."""

from __future__ import annotations

import builtins
import importlib
import os
import signal
import time
from collections.abc import Callable
from typing import Any

from autograder.jail.calls import flush

__all__ = ["UNRAISABLE", "replacement"]

UNRAISABLE = "the scenario's exception"
"""How the error begins that says that an exception cannot be had or made."""
_HOUR = 3600


def replacement(fault: dict[str, Any], work: Callable[..., Any]) -> Callable[..., Any]:
    """What runs as the task's work under this fault. ``work`` is the task's own."""

    def execute(context: Any) -> Any:
        result = work(context=context) if fault.get("after_work") else None
        return _perform(fault, result)

    return execute


def _perform(fault: dict[str, Any], result: Any) -> Any:
    match fault["kind"]:
        case "raises":
            raise _exception(fault["exception"], fault["message"])
        case "succeeds":
            return fault["returning"]
        case "takes":
            time.sleep(fault["seconds"])
            return result
        case "hangs":
            while True:
                time.sleep(_HOUR)
        case "skips":
            from airflow.sdk.exceptions import AirflowSkipException

            raise AirflowSkipException(fault["message"])
        case "dies":
            flush()
            # Airflow answers SIGTERM with ``on_kill`` and lets the work go on: then it is done.
            os.kill(os.getpid(), signal.Signals[fault["signal"]])
        case "loses_worker" | "loses_machine":
            flush()
            os.kill(os.getpid(), signal.SIGKILL)
        case "exits":
            flush()
            os._exit(fault["code"])
    return result


def _exception(name: str, message: str) -> BaseException:
    module, _, attribute = name.rpartition(".")
    try:
        kind = getattr(importlib.import_module(module) if module else builtins, attribute)
        if not isinstance(kind, type) or not issubclass(kind, BaseException):
            raise TypeError("it is no exception")
        return kind(message) if message else kind()
    except Exception as error:
        said = f"{UNRAISABLE} {name} could not be raised: {type(error).__name__}: {error}"
        raise RuntimeError(said) from error
