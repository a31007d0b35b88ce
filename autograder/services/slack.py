"""The Slack stand-in: an incoming webhook, and as much of the Web API as sends a message."""

from __future__ import annotations

import urllib.parse
from dataclasses import dataclass, field
from typing import Any, Literal

from autograder.evidence import SlackMessage, StandIn
from autograder.scenario import Behaviour
from autograder.services._http import Answer, Request
from autograder.services.address import Address
from autograder.services.bodies import clean, parse_json, readable
from autograder.services.desk import Desk
from autograder.services.slacktext import block_error, texts

__all__ = ["WEBHOOK_PATH", "SlackSite"]

WEBHOOK_PATH = "/services/T00000000/B00000000/"
WEBHOOK_STATUS = {"invalid_token": 403}
"""All other errors of a webhook are 400."""

CHANNEL = "C00000000"


@dataclass(frozen=True, slots=True)
class _Message:
    door: Literal["webhook", "web_api"]
    address: Address | None
    payload: dict[str, Any] = field(default_factory=dict)
    error: str = ""


class SlackSite:
    kind = "slack"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._sent = 0

    @property
    def behaviour(self) -> Behaviour:
        return self._desk.scenario.slack

    def answer(self, request: Request) -> Answer | None:
        if request.path.startswith("/services/"):
            message = self._webhook(request)
            answer = _webhook_answer(message)
        elif request.path.startswith("/api/"):
            if request.path != "/api/chat.postMessage":
                return self._as_wanted(self._other_method(request))
            message = self._post_message(request)
            answer = self._web_api_answer(message)
        else:
            return self._as_wanted(Answer(404, b"no_service"))
        wanted = self._as_wanted(answer)
        self._desk.ledger.keep(
            SlackMessage,
            request.stamp,
            message.address,
            len(request.body),
            door=message.door,
            payload=message.payload,
            text="\n".join(texts(message.payload)) if message.payload else readable(request.body),
            status=0 if wanted is None else wanted.status,
            error=message.error,
        )
        return wanted

    def _as_wanted(self, answer: Answer) -> Answer | None:
        if self.behaviour.kind == "never_answers":
            return None
        if self.behaviour.kind == "answers":
            headers = {"Retry-After": "1"} if self.behaviour.status == 429 else {}
            return Answer(self.behaviour.status, b"answered as the scenario wants it", headers=headers)
        return answer

    def _webhook(self, request: Request) -> _Message:
        address = self._opened(request, "slack", request.path.removeprefix(WEBHOOK_PATH))
        try:
            payload = _webhook_payload(request)
        except ValueError:
            return _Message("webhook", address, error="invalid_payload" if address else "invalid_token")
        error = _message_error(payload) if address else "invalid_token"
        return _Message("webhook", address, payload, error)

    def _post_message(self, request: Request) -> _Message:
        try:
            payload = _web_api_payload(request)
        except ValueError:
            payload = {}
        token = _token(request, payload)
        payload.pop("token", None)
        address = self._opened(request, "slack_api", token)
        if address is None:
            error = "invalid_auth" if token else "not_authed"
        elif not payload:
            error = "invalid_arguments"
        else:
            error = "" if payload.get("channel") else "channel_not_found"
            error = error or _message_error(payload)
        return _Message("web_api", address, payload, error)

    def _opened(self, request: Request, stand_in: StandIn, key: str) -> Address | None:
        """Whose the request is: the child's to whose door it came, if it brought that child's key."""
        opens = self._desk.opens(request.address, stand_in, [key], request.stamp)
        return request.address if opens else None

    def _web_api_answer(self, message: _Message) -> Answer:
        if message.error:
            return Answer.json(200, {"ok": False, "error": message.error})
        self._sent += 1
        stamp = f"1700000000.{self._sent:06}"
        echo = {
            "type": "message",
            "text": message.payload.get("text", ""),
            "ts": stamp,
            "bot_id": "B00000000",
        }
        return Answer.json(200, {"ok": True, "channel": CHANNEL, "ts": stamp, "message": echo})

    def _other_method(self, request: Request) -> Answer:
        token = _token(request, {})
        if not token:
            return Answer.json(200, {"ok": False, "error": "not_authed"})
        if self._opened(request, "slack_api", token) is None:
            return Answer.json(200, {"ok": False, "error": "invalid_auth"})
        if request.path != "/api/auth.test":
            return Answer.json(200, {"ok": False, "error": "unknown_method"})
        bot = {"team": "Stand-in", "team_id": "T00000000", "user": "bot", "user_id": "U00000000"}
        return Answer.json(200, {"ok": True, **bot})


def _webhook_answer(message: _Message) -> Answer:
    if message.error:
        return Answer(WEBHOOK_STATUS.get(message.error, 400), message.error.encode())
    return Answer(200, b"ok")


def _token(request: Request, payload: dict[str, Any]) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else str(payload.get("token", ""))


def _webhook_payload(request: Request) -> dict[str, Any]:
    body: bytes | str = request.body
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        form = dict(urllib.parse.parse_qsl(readable(request.body)))
        body = form.get("payload", readable(request.body))
    payload = parse_json(body)
    if not isinstance(payload, dict):
        raise ValueError("not an object")
    return payload


def _web_api_payload(request: Request) -> dict[str, Any]:
    payload: dict[str, Any]
    if request.headers.get("content-type", "").startswith("application/json"):
        body = parse_json(request.body)
        if not isinstance(body, dict):
            raise ValueError("not an object")
        payload = body
    else:
        payload = {
            clean(key): clean(value)
            for key, value in (request.query | dict(urllib.parse.parse_qsl(readable(request.body)))).items()
        }
    # Texts of JSON, as a form has them; Airflow's SlackNotifier puts such texts into a JSON body too.
    for key in ("blocks", "attachments", "metadata"):
        if isinstance(payload.get(key), str):
            payload[key] = parse_json(payload[key])
    return payload


def _message_error(payload: dict[str, Any]) -> str:
    """What Slack would say against the message, or nothing."""
    if error := block_error(payload.get("blocks")):
        return error
    text = payload.get("text")
    spoken = isinstance(text, str) and text.strip()
    return "" if spoken or payload.get("blocks") or payload.get("attachments") else "no_text"
