"""Who is let through to Airflow's pages."""

from __future__ import annotations

import asyncio

import pytest

from autograder.airflow33.gate import HEADER, Message, Receive, Send, gated


async def airflow(scope: Message, receive: Receive, send: Send) -> None:
    await send({"type": "answered"})


def asked(path: str, kind: str = "http", **headers: str) -> list[Message]:
    """What an application behind the gate, or the gate, answers."""
    said: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("nobody has more to say")

    async def send(message: Message) -> None:
        said.append(message)

    given = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": kind, "path": path, "headers": given}
    asyncio.run(gated(airflow, "sesame", ("/base/execution/", "/base/health"))(scope, receive, send))
    return said


SHOWN = HEADER.replace("-", "_")


@pytest.mark.parametrize("path", ["/base/", "/base/api/v2/dags", "/base/executions", "/", "/execution/"])
def test_whoever_shows_the_pass_is_let_through(path: str) -> None:
    assert asked(path, **{SHOWN: "sesame"}) == [{"type": "answered"}]
    assert asked(path)[0]["status"] == 403
    assert asked(path, **{SHOWN: "sesam"})[0]["status"] == 403
    assert asked(path, **{SHOWN: ""})[0]["status"] == 403
    assert b"the course's own server" in asked(path, Authorization="Bearer sesame")[1]["body"]


@pytest.mark.parametrize("path", ["/base/execution/task-instances", "/base/health"])
def test_what_has_a_guard_of_its_own_or_no_secrets_is_open(path: str) -> None:
    assert asked(path) == [{"type": "answered"}]


def test_a_socket_is_closed_and_the_servers_own_life_goes_on() -> None:
    assert asked("/base/", "websocket") == [{"type": "websocket.close", "code": 1008}]
    assert asked("", "lifespan") == [{"type": "answered"}]
