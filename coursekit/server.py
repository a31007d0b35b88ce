"""One request to the lease server, by the standard library only."""

from __future__ import annotations

import http.client
import json
import urllib.parse
from dataclasses import dataclass
from typing import Any

__all__ = ["Answer", "BadAnswer", "ask"]


class BadAnswer(Exception):
    """What came back is not what the lease server says."""


@dataclass(frozen=True)
class Answer:
    status: int
    id: str = ""
    said: str = ""


def ask(method: str, address: str, body: dict[str, Any] | None, timeout: float) -> Answer:
    """Send a request and read the answer, past all proxies: the address is on loopback.

    :raises OSError: when nobody can be reached or the answer takes too long.
    :raises BadAnswer: when it is no answer of a lease server.
    """
    parts = urllib.parse.urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        connection.request(method, parts.path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        answer = json.loads(response.read())
        return Answer(response.status, str(answer.get("id", "")), str(answer.get("error", "")))
    except (http.client.HTTPException, ValueError, AttributeError) as error:
        raise BadAnswer(f"an unreadable answer ({type(error).__name__}: {error})") from error
    finally:
        connection.close()
