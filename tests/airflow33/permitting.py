"""``python -m tests.airflow33.permitting``: for each line with an ask the breach that it is, or null, as JSON.

The first line that it writes has the fields of every message that Airflow's supervisors take, by who may send it.
"""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any, get_args
from uuid import UUID

from airflow.dag_processing.processor import ToManager
from airflow.jobs.triggerer_job_runner import ToTriggerSupervisor
from airflow.models.taskinstancekey import TaskInstanceKey
from airflow.sdk.execution_time.callback_supervisor import CallbackToSupervisor
from airflow.sdk.execution_time.comms import ToSupervisor

from autograder.airflow33.supervision import TERMINAL, DagFileSupervision, TaskSupervision
from autograder.airflow33.triggering import TriggerRow, TriggerSupervision
from autograder.control import permits
from autograder.control.live import Live
from autograder.control.wire import Breach, Request

OWN = UUID(int=1)
KEY = TaskInstanceKey("dag", "work", "run", 1, 3)
UNIONS: dict[str, Any] = {
    "task": ToSupervisor,
    "DAG file": ToManager,
    "trigger": ToTriggerSupervisor,
    "callback": CallbackToSupervisor,
}


class _Task(TaskSupervision):
    def __init__(self, *, map_index: int = 3, retry: bool = False) -> None:
        self.key, self.ti_id, self._retry = KEY._replace(map_index=map_index), OWN, retry

    @property
    def should_retry(self) -> bool:
        return self._retry


class _Trigger(TriggerSupervision):
    def __init__(self, *, task: bool = True) -> None:
        never: Any = None
        self.row = TriggerRow(1, never, "a.B", None, KEY if task else None, OWN if task else None)


class _DagFile(DagFileSupervision):
    def __init__(self, *, callbacks: bool = False, parsed: bool = False) -> None:
        self._callbacks = list[Any]([None] if callbacks else [])
        self._parsed = parsed

    @property
    def parsed(self) -> Any:
        return True if self._parsed else None


SPEAKERS: dict[str, Any] = {"task": _Task, "trigger": _Trigger, "DAG file": _DagFile}


def fields() -> dict[str, dict[str, list[str]]]:
    """Who → type of message → its fields, under the names by which they are read."""
    return {
        who: {
            str(model.model_fields["type"].default): [
                field.alias or name for name, field in model.model_fields.items() if name != "type"
            ]
            for model in get_args(get_args(union)[0])
        }
        for who, union in UNIONS.items()
    }


def breach(who: str, being: dict[str, Any], doing: dict[str, Any], body: dict[str, Any]) -> str | None:
    nobody: Any = None
    recorded: Any = SimpleNamespace(
        began=0.0 if doing["began"] else None, calls=[1] if doing["calling"] else []
    )
    live = Live(nobody, recorded, SPEAKERS[who](**being), terminal=doing["terminal"])
    try:
        permits.check(live, Request(1, body["type"], body))
    except Breach as error:
        return str(error)
    return None


def main() -> None:
    known = {"fields": fields(), "terminal": sorted(TERMINAL), "own task": sorted(permits.OWN_TASK)}
    print(json.dumps(known), flush=True)
    for line in sys.stdin:
        print(json.dumps(breach(**json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
