"""What a supervisor does with a child's requests: Airflow's own code, without its process and its sockets.

Airflow's supervisor classes trust their child's bytes; here ``control`` has read and checked every frame before it
arrives. What a message *means* (which request of the Execution API it is, what the answer looks like, which final
state an exit code gives) stays Airflow's.
"""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import structlog
from airflow.callbacks.callback_requests import CallbackRequest
from airflow.dag_processing.processor import (
    DagFileParseRequest,
    DagFileParsingResult,
    DagFileProcessorProcess,
)
from airflow.executors.workloads import ExecuteCallback, ExecuteTask
from airflow.sdk.api.client import Client
from airflow.sdk.api.datamodels._generated import TaskInstance
from airflow.sdk.execution_time.callback_supervisor import CallbackSubprocess
from airflow.sdk.execution_time.comms import ConnectionResult, _RequestFrame, _ResponseFrame
from airflow.sdk.execution_time.supervisor import SERVER_TERMINATED, ActivitySubprocess
from airflow.serialization.serialized_objects import BaseSerialization

from autograder.airflow33.environ import BUNDLE

__all__ = [
    "TERMINAL",
    "CallbackSupervision",
    "DagFileSupervision",
    "Outbox",
    "Refused",
    "Supervision",
    "TaskSupervision",
    "callback_orders",
    "connection_answer",
    "parts",
    "quiet",
]

TERMINAL = {"SucceedTask", "RetryTask", "DeferTask", "RescheduleTask", "AwaitInputTask", "TaskState"}
"""Message types that report an outcome."""

quiet = structlog.wrap_logger(structlog.PrintLogger(file=sys.stderr), processors=[lambda *_: _drop()])


def _drop() -> Any:
    raise structlog.DropEvent


class Refused(Exception):
    """The API server does not let this attempt start: the run has gone on without it."""


class Outbox:
    """Stands where the child's socket stands: control sends what gathers here, when it is time."""

    def __init__(self) -> None:
        self.data = bytearray()

    def sendall(self, data: bytes) -> None:
        self.data += data

    def take(self) -> bytes:
        taken, self.data = bytes(self.data), bytearray()
        return taken


def parts(pid: int, outbox: Outbox) -> dict[str, Any]:
    """What Airflow's supervisor classes want of a process that they never touch here."""
    # A selector holds a descriptor until somebody collects garbage, and control selects for itself.
    return {"pid": pid, "stdin": outbox, "process": None, "process_log": quiet, "selector": None}


class Supervision:
    """What all kinds of children have in common: a frame goes in, answers come out."""

    _outbox: Outbox
    _airflow: Any
    _requests: Any

    def _begin(self, airflow: Any, outbox: Outbox) -> None:
        self._airflow, self._outbox = airflow, outbox
        self._requests = airflow.handle_requests(quiet)
        next(self._requests)

    def handle(self, request_id: int, body: dict[str, Any]) -> bytes:
        """Do what the message asks and return the bytes of the answer; none if it cannot be understood."""
        if body.get("type") == "MaskSecret":
            # Airflow's masker would keep it for all runs to come, and nothing is logged here.
            return bytes(_ResponseFrame(id=request_id, body=None).as_bytes())
        self._requests.send(_RequestFrame(id=request_id, body=body))
        return self._outbox.take()


class TaskSupervision(Supervision):
    """Supervises one execution of one task instance."""

    def __init__(self, workload: ExecuteTask, client: Client, pid: int) -> None:
        ti = workload.ti
        self.key = ti.key
        self.ti_id: UUID = ti.id
        self._workload = workload
        outbox = Outbox()
        self._begin(ActivitySubprocess(id=ti.id, client=client, **parts(pid, outbox)), outbox)

    def start(self) -> bytes:
        """Tell the server that the attempt starts; return the bytes of the child's first message.

        :raises Refused: when the server says no.
        """
        ti = self._workload.ti
        what = TaskInstance(
            id=ti.id,
            task_id=ti.task_id,
            dag_id=ti.dag_id,
            run_id=ti.run_id,
            try_number=ti.try_number,
            map_index=ti.map_index,
            dag_version_id=ti.dag_version_id,
        )
        try:
            self._airflow._on_child_started(
                ti=what,
                dag_rel_path=self._workload.dag_rel_path,
                bundle_info=self._workload.bundle_info,
                sentry_integration="",
            )
        except Exception as error:
            raise Refused(str(error)) from error
        return self._outbox.take()

    @property
    def should_retry(self) -> bool:
        """Whether the server said, when the attempt started, that a retry is left."""
        return bool(self._airflow._should_retry)

    @property
    def reported(self) -> str | None:
        """The state that the child has reported, once the server has taken it."""
        state = self._airflow._terminal_state
        if state is None or state == SERVER_TERMINATED:
            return None
        return str(state.value if isinstance(state, Enum) else state)

    def terminate(self) -> None:
        """The server no longer wants this attempt (its state was changed from outside)."""
        self._airflow._terminal_state = SERVER_TERMINATED

    def finish(self, exit_code: int) -> bool:
        """The process is gone. Report what is left to report; False when the server refuses it.

        An exit code of zero without a terminal message reports nothing, and the scheduler will notice.
        """
        self._airflow._exit_code = exit_code
        try:
            self._airflow.update_task_state_if_needed()
        except Exception:
            return False
        return True


class DagFileSupervision(Supervision):
    """Supervises one child of the DAG processor: it parses the file, or runs callbacks from it."""

    def __init__(self, client: Client, pid: int, callbacks: list[CallbackRequest]) -> None:
        outbox = Outbox()
        self._callbacks = callbacks
        made = parts(pid, outbox) | {"logger_filehandle": None}
        airflow = DagFileProcessorProcess(
            id=uuid4(), client=client, bundle_name=BUNDLE, dag_file_rel_path="", **made
        )
        self._begin(airflow, outbox)

    def start(self, folder: str, entry: str) -> bytes:
        """The bytes of the child's first message."""
        request = DagFileParseRequest(
            file=f"{folder}/{entry}",
            bundle_path=Path(folder),
            bundle_name=BUNDLE,
            callback_requests=self._callbacks,
        )
        self._airflow.send_msg(request, request_id=0)
        return self._outbox.take()

    @property
    def runs_callbacks(self) -> bool:
        """Whether it was started to run callbacks; what is in the file it does not say then."""
        return bool(self._callbacks)

    @property
    def parsed(self) -> DagFileParsingResult | None:
        """What the child said of the file, if it said anything."""
        result: DagFileParsingResult | None = self._airflow.parsing_result
        return result


class CallbackSupervision(Supervision):
    """Supervises a callback that runs on the executor: it may ask for connections and variables only."""

    def __init__(self, workload: ExecuteCallback, client: Client, pid: int) -> None:
        self.key = workload.key
        outbox = Outbox()
        self._begin(
            CallbackSubprocess(id=UUID(workload.callback.id), client=client, **parts(pid, outbox)), outbox
        )


def callback_orders(workload: ExecuteCallback) -> dict[str, Any]:
    """What the child of such a callback has to know, as JSON: in production it is forked and knows it already."""
    data = workload.callback.data
    return {
        "path": data["path"],
        "kwargs": BaseSerialization.serialize(data["kwargs"]),
        "dag_rel_path": str(workload.dag_rel_path),
    }


def connection_answer(request_id: int, conn_id: str, fields: dict[str, Any]) -> bytes:
    """The answer to ``GetConnection`` with a connection that is not in the database."""
    result = ConnectionResult(conn_id=conn_id, **fields)
    body = result.model_dump(exclude_unset=True, by_alias=True)
    return bytes(_ResponseFrame(id=request_id, body=body | {"type": "ConnectionResult"}).as_bytes())
