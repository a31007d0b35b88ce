"""The stand-ins: what they make of a datagram, of a mail, of JSON; and what anybody says at any of their doors."""

from __future__ import annotations

import json
import logging
import math
import socket
import time
import urllib.parse
from contextlib import suppress
from functools import cache

from autograder.evidence import Mail, Metric, SlackMessage
from autograder.htmltext import html_to_text
from autograder.scenario import Scenario
from autograder.services import Address, Collected, Ledger, StandIns, mailparts, statsd
from autograder.services.bodies import parse_json, readable
from autograder.services.slacktext import block_error, texts

__all__ = ["DOORS", "datagram", "doors", "html", "mail", "message"]

DOORS = ("smtp", "slack", "leases", "monitoring", "metrics")
TOKEN, LOGIN, OTHER = b"<TOKEN>", b"<LOGIN>", b"<OTHER>"
"""What stands for the child's own secrets in what is said at a door, and for another child's token."""
_LONGEST = 5.0
"""Real seconds after which whatever was said at a door has been dealt with."""
_DELIVERY = {"execution": 1, "phase": "after", "at": 1.0}


class _Complaints(logging.Handler):
    """Keeps what a stand-in logs, which is that it has failed."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))


@cache
def _running() -> tuple[StandIns, _Complaints]:
    services, complaints = StandIns(), _Complaints()
    services.start()
    for name in ("autograder.services", "asyncio"):
        logging.getLogger(name).addHandler(complaints)
    return services, complaints


def datagram(data: bytes) -> None:
    """Readings, or None, and a reading can be stored."""
    for reading in statsd.parse(data):
        if reading is not None:
            assert math.isfinite(reading.value)
            fields = {
                "name": reading.name,
                "value": reading.value,
                "type": reading.type,
                "tags": reading.tags,
            }
            metric = Metric(id=1, raw=reading.raw, **fields, **_DELIVERY)  # type: ignore[arg-type]
            assert Metric.model_validate_json(metric.model_dump_json()) == metric


def mail(data: bytes) -> None:
    """The parts of a mail, which can be stored."""
    parts = mailparts.parse(data)
    fields = {"subject": parts.subject, "text": parts.text, "html": parts.html, "headers": parts.headers}
    record = Mail(id=1, sender="", to=[], **fields, **_DELIVERY)  # type: ignore[arg-type]
    assert Mail.model_validate_json(record.model_dump_json()) == record
    assert "\n" not in parts.subject


def html(data: bytes) -> None:
    """The words of a page, each of them on it."""
    assert len(html_to_text(readable(data))) <= 8 * len(data) + 8


def message(data: bytes) -> None:
    """JSON, or a refusal; and what of a Slack message a reader sees."""
    try:
        value = parse_json(data)
    except ValueError:
        return
    seen = "\n".join(texts(value))
    if isinstance(value, dict):
        assert block_error(value.get("blocks")) in ("", "invalid_blocks")
        record = SlackMessage(id=1, door="webhook", payload=value, text=seen, status=200, **_DELIVERY)  # type: ignore[arg-type]
        assert SlackMessage.model_validate_json(record.model_dump_json()) == record
    json.dumps(value)


def doors(data: bytes) -> None:
    """The first byte says at which door the rest is said. Whoever has not said a secret has delivered nothing."""
    services, complaints = _running()
    complaints.said.clear()
    services.begin(Scenario({}), lambda: 1.0, Ledger(20))
    mine, other = _child(services, 1), _child(services, 2)
    door, said = DOORS[sum(data[:1]) % len(DOORS)], data[1:]
    started = time.monotonic()
    _say(_port(services, mine, door), door, _filled(said, door, mine, other))
    services.drain()
    assert time.monotonic() - started < _LONGEST
    _judge(services.collect(), knows=TOKEN in said or OTHER in said)
    _still_served(services, other)
    services.close(mine)
    services.close(other)
    assert complaints.said == []


def _child(services: StandIns, execution: int) -> Address:
    return services.open(
        execution=execution, component="worker", task_id="first", map_index=-1, try_number=1, phase="before"
    )


def _port(services: StandIns, child: Address, door: str) -> int:
    if door == "metrics":
        return int(child.environ["AIRFLOW__METRICS__STATSD_PORT"])
    if door == "leases":
        return urllib.parse.urlsplit(child.environ["COURSEKIT_LEASES"]).port or 0
    fields = services.connection(door, child)
    return fields["port"] or urllib.parse.urlsplit(fields["password"]).port


def _filled(said: bytes, door: str, mine: Address, other: Address) -> bytes:
    keys, others = mine.keys, other.keys
    known = {"smtp": "smtp", "slack": "slack", "leases": "leases", "monitoring": "monitoring"}
    name = known.get(door, "slack")
    said = said.replace(TOKEN, getattr(keys, name).encode()).replace(OTHER, getattr(others, name).encode())
    return said.replace(LOGIN, keys.login.encode())


def _say(port: int, door: str, said: bytes) -> None:
    if door == "metrics":
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client, suppress(OSError):
            client.sendto(said, ("127.0.0.1", port))
        return
    with socket.create_connection(("127.0.0.1", port), timeout=_LONGEST) as client, suppress(ConnectionError):
        client.sendall(said)
        client.shutdown(socket.SHUT_WR)
        while client.recv(1 << 16):
            pass


def _judge(collected: Collected, *, knows: bool) -> None:
    assert Collected.model_validate_json(collected.model_dump_json()) == collected
    for kind in (collected.mails, collected.slack, collected.posts, collected.metrics):
        assert all(delivery.execution in (1, None) for delivery in kind)
    if not knows:
        assert collected.mails == []
        assert collected.leases == []
        assert not any(post.authorized for post in collected.posts)
        assert not any(message.execution for message in collected.slack)


def _still_served(services: StandIns, child: Address) -> None:
    url = urllib.parse.urlsplit(services.connection("slack", child)["password"])
    body = b'{"text": "still here"}'
    head = f"POST {url.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    with socket.create_connection((url.hostname, url.port), timeout=_LONGEST) as client:
        client.sendall(head.encode() + body)
        answer = b""
        while piece := client.recv(1 << 16):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 200"), answer
    assert services.collect().slack[-1].text == "still here"
