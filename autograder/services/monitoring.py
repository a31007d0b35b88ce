"""The monitoring stand-in: takes any request that brings the API key.

Each child has a door of its own, so that a request without a key is somebody's too.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
from typing import Any

from autograder.evidence import Post
from autograder.scenario import Behaviour
from autograder.services._http import Answer, Request
from autograder.services.bodies import clean, parse_json, readable
from autograder.services.desk import Desk

__all__ = ["MonitoringSite"]

KEY_HEADERS = ("x-api-key", "api-key", "dd-api-key")


class MonitoringSite:
    kind = "posts"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def behaviour(self) -> Behaviour:
        return self._desk.scenario.monitoring

    def answer(self, request: Request) -> Answer | None:
        shown = _keys(request)
        authorized = self._desk.opens(request.address, "monitoring", shown, request.stamp)
        answer: Answer | None
        if self.behaviour.kind == "never_answers":
            answer = None
        elif self.behaviour.kind == "answers":
            answer = Answer.json(self.behaviour.status, {"status": "answered as the scenario wants it"})
        elif authorized:
            answer = Answer.json(200, {"status": "ok"})
        else:
            answer = Answer.json(
                403, {"error": "An API key is needed. Send it as: Authorization: Bearer KEY"}
            )
        owner = self._desk.owner(shown)
        foreign = not authorized and owner not in (None, request.address)
        self._desk.ledger.keep(
            Post,
            request.stamp,
            None if foreign else request.address,
            len(request.body),
            method=request.method,
            path=clean(request.path),
            body=_body(request.body),
            authorized=authorized,
            status=0 if answer is None else answer.status,
        )
        return answer


def _body(data: bytes) -> Any:
    if not data:
        return None
    try:
        return parse_json(data)
    except ValueError:
        return readable(data)


def _keys(request: Request) -> list[str]:
    """Whatever in the request may be a key: people's habits differ, and it is not those that are graded."""
    keys = [request.headers[name] for name in KEY_HEADERS if name in request.headers]
    keys += [request.query[name] for name in ("api_key", "apikey", "key") if name in request.query]
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        with contextlib.suppress(binascii.Error):
            keys += readable(base64.b64decode(credentials)).split(":", 1)
    else:
        keys += [scheme, credentials.strip()]
    return keys
