"""Lets only Jupyter's server, which has asked for the token, through to Airflow's pages. Imports no Airflow.

Airflow takes everybody for its administrator here, and every user of a machine reaches what listens on its loopback.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

__all__ = ["HEADER", "VARIABLE", "Application", "Message", "Receive", "Send", "gated"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

HEADER = "X-Autograder-Pass"
"""The header of a request with which the proxy shows the pass."""

VARIABLE = "AUTOGRADER_PASS"
"""The environment variable by which the api-server learns the pass. Without one, everybody is let through."""

_REFUSAL = b"Airflow's pages are shown by the course's own server: open them from there.\n"


def gated(application: Application, wanted: str, free: tuple[str, ...]) -> Application:
    """The application, but for requests without the pass.

    :param wanted: the pass.
    :param free: how the paths begin that anybody may ask: those which have a guard of their own, or no secrets.
    """

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["path"].startswith(free) or _shown(scope, wanted):
            await application(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            headers = [
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", b"%d" % len(_REFUSAL)),
            ]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": _REFUSAL})

    return answer


def _shown(scope: Message, wanted: str) -> bool:
    name = HEADER.lower().encode()
    return any(
        key == name and secrets.compare_digest(value, wanted.encode()) for key, value in scope["headers"]
    )
