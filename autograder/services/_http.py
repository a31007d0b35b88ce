"""The HTTP door: requests in, answers out. h11 parses, so that we see each byte first and can stamp it."""

from __future__ import annotations

import asyncio
import json
import logging
import urllib.parse
from dataclasses import dataclass, field
from typing import Any, Protocol

import h11

from autograder.scenario import Behaviour
from autograder.services import desk as desks
from autograder.services.address import Address, Stamp
from autograder.services.desk import Desk
from autograder.services.ledger import SIZE_LIMIT

__all__ = ["Answer", "HttpDoor", "Request", "Site"]

log = logging.getLogger(__name__)

HEAD_LIMIT = 64 << 10


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """Names in lower case; of several of one name, the last."""
    body: bytes
    address: Address
    """The child to whose door it came."""
    stamp: Stamp
    """Taken when the request's first byte was read."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, status: int, value: Any) -> Answer:
        return cls(status, json.dumps(value).encode(), "application/json; charset=utf-8")


class Site(Protocol):
    """What stands behind a door."""

    kind: str
    """The ledger's word for what arrives here."""

    @property
    def behaviour(self) -> Behaviour: ...

    def answer(self, request: Request) -> Answer | None:
        """The answer; None: there will never be one."""
        ...


class HttpDoor(asyncio.Protocol):
    """One connection."""

    def __init__(self, desk: Desk, site: Site, address: Address) -> None:
        self._desk = desk
        self._address = address
        self._site = site
        self._wire = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT)
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._first: Stamp | None = None
        self._head: h11.Request | None = None
        self._body = bytearray()
        self._silent = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if not self._desk.enter(self._address, transport):
            transport.abort()
            return
        self._rearm()

    def connection_lost(self, error: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._desk.leave(self._address, self._transport)
            self._transport = None

    def pause_writing(self) -> None:
        # Who does not read our answers is not read either, or a flood of requests would fill our memory.
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._transport is not None:
            self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        if self._silent:
            return
        chunk = self._desk.stamp()
        self._first = self._first or chunk
        try:
            self._wire.receive_data(data)
            self._read_on(chunk)
        except h11.RemoteProtocolError as error:
            self._refuse(error.error_status_hint, str(error))
        except Exception:
            # One bad request must not cost the others their stand-ins.
            log.exception("A stand-in failed at a request; the connection is closed.")
            self._close()

    def _read_on(self, chunk: Stamp) -> None:
        while self._transport is not None and not self._transport.is_closing() and not self._silent:
            event = self._wire.next_event()
            if isinstance(event, h11.Request):
                self._head = event
            elif isinstance(event, h11.Data):
                self._body += event.data
                if len(self._body) > SIZE_LIMIT:
                    self._desk.ledger.drop(self._site.kind)
                    self._refuse(413, f"A request has at most {SIZE_LIMIT} bytes.")
            elif isinstance(event, h11.EndOfMessage):
                self._answer(chunk)
            elif isinstance(event, h11.ConnectionClosed):
                self._close()
            else:
                if self._wire.they_are_waiting_for_100_continue:
                    self._send(h11.InformationalResponse(status_code=100, headers=[]))
                return

    def _answer(self, chunk: Stamp) -> None:
        assert self._head is not None
        assert self._first is not None
        path, _, query = self._head.target.decode("ascii", "replace").partition("?")
        request = Request(
            method=self._head.method.decode("ascii", "replace"),
            path=urllib.parse.unquote(path, errors="replace"),
            query=dict(urllib.parse.parse_qsl(query)),
            headers={
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self._head.headers
            },
            body=bytes(self._body),
            address=self._address,
            stamp=self._first,
        )
        answer = self._site.answer(request)
        if answer is None:
            self._silent = True
            if self._timer is not None:
                self._timer.cancel()
            return
        self._reply(answer, with_body=request.method != "HEAD" and answer.status not in (204, 304))
        if self._wire.our_state is not h11.DONE or self._wire.their_state is not h11.DONE:
            self._close()
            return
        self._wire.start_next_cycle()
        self._head, self._body = None, bytearray()
        self._first = chunk if self._wire.trailing_data[0] else None
        self._rearm()

    def _refuse(self, status: int, why: str) -> None:
        if self._wire.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._reply(Answer(status, why.encode(), headers={"Connection": "close"}), with_body=True)
        self._close()

    def _reply(self, answer: Answer, *, with_body: bool) -> None:
        headers = {"Content-Type": answer.content_type, **answer.headers}
        if with_body:
            headers["Content-Length"] = str(len(answer.body))
        self._send(h11.Response(status_code=answer.status, headers=list(headers.items())))
        if with_body:
            self._send(h11.Data(data=answer.body))
        self._send(h11.EndOfMessage())

    def _send(self, event: h11.Event) -> None:
        data = self._wire.send(event)
        if data and self._transport is not None:
            self._transport.write(data)

    def _rearm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None and self._site.behaviour.kind != "never_answers":
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(desks.IDLE_SECONDS, self._transport.abort)

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()
