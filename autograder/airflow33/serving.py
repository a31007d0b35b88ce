"""Airflow's api-server application, which says when it is about to serve. Loaded by the api-server's process only."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from airflow.api_fastapi.main import app as airflow

from autograder.airflow33.components import READY

__all__ = ["app"]

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


async def app(scope: Message, receive: Callable[[], Awaitable[Message]], send: Send) -> None:
    async def tell(message: Message) -> None:
        await send(message)
        if message["type"] == "lifespan.startup.complete" and (gate := os.environ.pop(READY, "")):
            os.write(int(gate), b"\n")
            os.close(int(gate))

    await airflow(scope, receive, tell if scope["type"] == "lifespan" else send)
