"""Airflow's api-server application, which says when it is about to serve. Loaded by the api-server's process only."""

from __future__ import annotations

import os

from airflow.api_fastapi.app import API_ROOT_PATH
from airflow.api_fastapi.main import app as airflow

from autograder.airflow33 import gate
from autograder.airflow33.components import READY, health_path
from autograder.airflow33.gate import Message, Receive, Send

__all__ = ["app"]

_TASKS = f"{API_ROOT_PATH}execution/"
"""The tasks' API: every request carries a task's own token."""


async def _serve(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] != "lifespan":
        await airflow(scope, receive, send)
        return

    async def tell(message: Message) -> None:
        if message["type"] != "lifespan.startup.complete":
            await send(message)
            return
        if gate := os.environ.pop(READY, ""):
            os.write(int(gate), b"\n")
            os.close(int(gate))
        await send(message)
        # Now, as the scheduler is being started meanwhile; whoever asks is answered afterwards.
        await _warm(scope.get("state", {}))

    await airflow(scope, receive, tell)


async def _warm(state: Message) -> None:
    """Ask the tasks' API for something.

    It is built at its first request, which takes seconds in which nobody is answered: better before the first page
    is shown than when the first task is run.
    """

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        pass

    path = f"{_TASKS}health"
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 0),
        "state": dict(state),
    }
    await airflow(scope, receive, send)


_pass = os.environ.pop(gate.VARIABLE, "")
app = gate.gated(_serve, _pass, (_TASKS, f"{API_ROOT_PATH}{health_path}")) if _pass else _serve
