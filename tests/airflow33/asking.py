"""Asking the Execution API through Airflow's client, and keeping what came back."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
from airflow.models.taskinstance import TaskInstance
from airflow.sdk.api.client import Client, ServerResponseError
from airflow.utils.session import create_session
from airflow.utils.state import TaskInstanceState
from sqlalchemy import select

from tests.airflow33.seed import DAG_ID, NOW, Ids

__all__ = ["PID", "Asking", "operations"]

PID = 4711


@dataclass
class Asking:
    """Asks one thing after another; ``answers`` is what came back, as plain JSON."""

    client: Client
    ids: Ids
    tick: Callable[[], datetime]
    answers: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, operation: str, *args: Any, **kwargs: Any) -> Any:
        """Call ``client.group.method`` and note its result, or what it raised."""
        group, _, method = operation.partition(".")
        call = getattr(getattr(self.client, group), method)
        return self._note(operation, lambda: call(*args, **kwargs))

    def send(self, method: str, path: str, **kwargs: Any) -> Any:
        """A request that the client's operations would not send."""

        def call() -> Any:
            response = self.client.request(method, path, **kwargs)
            return {"status": response.status_code, "body": response.text}

        return self._note(f"{method} {path}", call)

    def _note(self, name: str, call: Callable[[], Any]) -> Any:
        now = self.tick()
        note: dict[str, Any] = {"operation": name, "at": now.isoformat()}
        result = None
        try:
            result = call()
        except ServerResponseError as error:
            note["raised"] = type(error).__name__
            note["status"] = error.response.status_code
            note["detail"] = _plain(error.detail)
        except httpx.HTTPStatusError as error:
            note["raised"] = type(error).__name__
            note["status"] = error.response.status_code
        except Exception as error:
            note["raised"] = type(error).__name__
            note["detail"] = str(error)
        else:
            note["answer"] = _plain(result)
        self.answers.append(note)
        return result

    def ti(self, task_id: str, map_index: int = -1, run_id: str = NOW, dag_id: str = DAG_ID) -> uuid.UUID:
        """The id that this task instance has now: a retry gives it a new one."""
        with create_session(scoped=False) as session:
            found = session.scalar(
                select(TaskInstance.id).where(
                    TaskInstance.dag_id == dag_id,
                    TaskInstance.run_id == run_id,
                    TaskInstance.task_id == task_id,
                    TaskInstance.map_index == map_index,
                )
            )
        assert found is not None, f"no task instance of {task_id}"
        return found

    def queue(self, ti: uuid.UUID) -> None:
        """What the scheduler would do before an attempt."""
        with create_session(scoped=False) as session:
            row = session.get(TaskInstance, ti)
            assert row is not None
            row.state = TaskInstanceState.QUEUED
            row.try_number += 1

    def start(self, task_id: str, map_index: int = -1, dag_id: str = DAG_ID) -> uuid.UUID:
        ti = self.ti(task_id, map_index, dag_id=dag_id)
        self.queue(ti)
        self.ask("task_instances.start", ti, PID, self.tick())
        return ti


def _plain(value: Any) -> Any:
    """As JSON would have it."""
    if hasattr(value, "model_dump"):
        return [type(value).__name__, value.model_dump(mode="json")]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def operations(client: Client) -> Iterator[str]:
    """Every operation of Airflow's client, as ``group.method``."""
    for group in set(dir(Client)) - set(dir(httpx.Client)):
        if not group.startswith("_"):
            methods = vars(type(getattr(client, group))).items()
            yield from (f"{group}.{name}" for name, method in methods if name[0] != "_" and callable(method))
