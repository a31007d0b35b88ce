"""Performing a fault in place of a task's work, or after it."""

from __future__ import annotations

import builtins
import importlib
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

__all__ = ["replacement"]

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
            _flush()
            # Airflow answers SIGTERM with ``on_kill`` and lets the work go on: then it is done.
            os.kill(os.getpid(), signal.Signals[fault["signal"]])
        case "loses_worker":
            _flush()
            os.kill(os.getpid(), signal.SIGKILL)
        case "exits":
            _flush()
            os._exit(fault["code"])
    return result


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()


def _exception(name: str, message: str) -> BaseException:
    module, _, attribute = name.rpartition(".")
    try:
        kind = getattr(importlib.import_module(module) if module else builtins, attribute)
        return kind(message) if message else kind()  # type: ignore[no-any-return]
    except Exception as error:
        raise RuntimeError(f"the scenario's exception {name} could not be raised: {error!r}") from error
