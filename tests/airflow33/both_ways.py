"""``python -m tests.airflow33.both_ways TEMPLATE FOLDER``: one conversation over each transport, as JSON on stdout.

Each begins with the same database at the same frozen moment, so that nothing but random ids may differ.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sqlite3
import sys
import threading
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from autograder.airflow33 import database
from autograder.airflow33.execution_api import direct_client
from autograder.airflow33.scheduling import install_clock
from autograder.control.clock import NS, Clock

_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_LOOKUP = re.compile(r"(when you look for ID )\w+")
_SPAN = re.compile(r"(traceparent\W+00-[\w-]+?-)[0-9a-f]{16}-")
_HEADERS = ("content-type", "content-range", "refreshed-api-token")


class _Heard(httpx.BaseTransport):
    """Notes what goes through another transport."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self.exchanges: list[dict[str, Any]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        body = response.read()
        try:
            content = json.loads(body) if body and request.method != "HEAD" else None
        except ValueError:
            content = body.decode()
        self.exchanges.append(
            {
                "request": f"{request.method} {request.url.raw_path.decode()}",
                "status": response.status_code,
                "headers": {name: response.headers[name] for name in _HEADERS if name in response.headers},
                "body": content,
            }
        )
        return response


class _OverHttp(httpx.BaseTransport):
    """Airflow's web application of the Execution API, as its own processes use it without a server.

    Not by way of ``InProcessExecutionAPI().transport``: that one goes through WSGI, which breaks every path with a
    character beyond ASCII and would hide that the application itself does not.
    """

    def __init__(self) -> None:
        from airflow.api_fastapi.execution_api.app import InProcessExecutionAPI

        app = InProcessExecutionAPI().app
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._lifespan = app.router.lifespan_context(app)
        self._do(self._lifespan.__aenter__())
        self._inner = httpx.ASGITransport(app=app, raise_app_exceptions=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._do(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        return httpx.Response(response.status_code, headers=response.headers, content=await response.aread())

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)


def _directly() -> httpx.BaseTransport:
    return direct_client()[1]


def _tables(path: Path) -> dict[str, list[dict[str, Any]]]:
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    names = [
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        )
    ]
    tables = {
        name: [
            {key: value.hex() if isinstance(value, bytes) else value for key, value in dict(row).items()}
            for row in connection.execute(f'SELECT * FROM "{name}" ORDER BY rowid')
        ]
        for name in names
    }
    connection.close()
    return tables


class _Mask:
    """Random ids become numbers in the order in which they are first seen; those of the seed stay."""

    def __init__(self, kept: str) -> None:
        self._kept = {_bare(found) for found in _UUID.findall(kept)}
        self._seen: dict[str, str] = {}

    def __call__(self, value: Any) -> Any:
        text = _UUID.sub(self._name, json.dumps(value))
        return json.loads(_SPAN.sub(r"\1SPAN-", _LOOKUP.sub(r"\1LOOKUP", text)))

    def _name(self, found: re.Match[str]) -> str:
        bare = _bare(found[0])
        return bare if bare in self._kept else self._seen.setdefault(bare, f"new-{len(self._seen)}")


def _bare(text: str) -> str:
    return text.replace("-", "")


def main(template: Path, folder: Path) -> None:
    path, seeded = folder / "airflow.db", folder / "seed.db"
    database.use(path)
    install_clock()
    from tests.airflow33.asking import operations
    from tests.airflow33.conversation import Conversation
    from tests.airflow33.seed import EPOCH, plant

    clock = Clock(EPOCH)
    database.replace(path, template)
    ids = plant()
    _close()
    shutil.copyfile(path, seeded)
    planted = json.dumps(_tables(seeded))
    clock.stop()

    from airflow.sdk.api.client import Client

    result: dict[str, Any] = {}
    for way, transport in (("direct", _directly), ("http", _OverHttp)):
        database.replace(path, seeded)
        clock = Clock(EPOCH)
        heard = _Heard(transport())
        client = Client(base_url="http://in-process.invalid./", token="", transport=heard)

        def tick(clock: Clock = clock) -> datetime:
            clock.move(clock.now + NS)
            return datetime.now(UTC)

        conversation = Conversation(client, ids, tick)
        conversation.hold()
        _close()
        clock.stop()
        mask = _Mask(planted)
        result[way] = {
            "answers": [mask(answer) for answer in conversation.answers],
            "exchanges": [mask(exchange) for exchange in heard.exchanges],
            "tables": mask(_tables(path)),
        }
        result["operations"] = sorted(operations(client))
    json.dump(result, sys.stdout)


def _close() -> None:
    """Everything into the one file."""
    from airflow import settings

    settings.Session.remove()
    settings.engine.dispose()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
