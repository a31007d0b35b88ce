"""Reading what a child sends, with hard limits. Nothing a child writes can hang, fill or crash the reader.

Airflow's wire format (``airflow/sdk/execution_time/comms.py``): a four-byte big-endian length, then msgpack
``[id, body, context]``; an answer is ``[id, body, error]``. The side channel has the same shape with JSON inside.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from autograder.services.bodies import parse_json

__all__ = ["Breach", "Frames", "Lines", "Request", "side_answer"]

MAX_FRAME = 4 << 20
MAX_FRAMES = 4000
LOG_KEPT = 1 << 20
LOG_FLOOD = 64 << 20
LINE = 64 << 10
CHUNK = 1 << 16


class Breach(Exception):
    """The child broke the protocol; the text says how. Its execution is over."""


@dataclass(frozen=True)
class Request:
    id: int
    type: str
    body: dict[str, Any]


def receive(door: socket.socket) -> bytes | None:
    """What is there to read now: bytes, none of them if nothing is, None at the end."""
    try:
        data = door.recv(CHUNK)
    except BlockingIOError:
        return b""
    except OSError:
        return None
    return data or None


class Frames:
    """Length-prefixed frames, put together from whatever arrives, up to a number of them."""

    def __init__(self, most: int = MAX_FRAMES) -> None:
        self._most = most
        self._buffer = bytearray()
        self._count = 0
        self._decode = msgspec.msgpack.Decoder().decode

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The frames that are complete now.

        :raises Breach: on a length that is zero or too large, or on too many frames.
        """
        self._buffer += data
        while len(self._buffer) >= 4:
            length = int.from_bytes(self._buffer[:4], "big")
            if not 0 < length <= MAX_FRAME:
                raise Breach(f"a frame of {length} bytes")
            if len(self._buffer) < 4 + length:
                return
            self._count += 1
            if self._count > self._most:
                raise Breach(f"more than {self._most} frames")
            frame = bytes(self._buffer[4 : 4 + length])
            del self._buffer[: 4 + length]
            yield frame

    def request(self, frame: bytes) -> Request:
        """A frame as a request of Airflow's task runner or DAG processor.

        :raises Breach: when it is not one.
        """
        try:
            value = self._decode(frame)
        except Exception as error:
            raise Breach(f"a frame that is not msgpack: {error}") from None
        match value:
            case [int(id_), dict(body)] | [int(id_), dict(body), _] if isinstance(body.get("type"), str):
                return Request(id_, body["type"], body)
        raise Breach("a frame that is not a request")

    @staticmethod
    def side(frame: bytes) -> list[Any]:
        """A frame of the side channel: a JSON list that begins with a word.

        :raises Breach: when it is not one.
        """
        try:
            value = parse_json(frame)
        except ValueError:
            raise Breach("a frame on the side channel that is not JSON") from None
        if not (isinstance(value, list) and value and isinstance(value[0], str)):
            raise Breach("a frame on the side channel without a word")
        return value


def side_answer(now: int) -> bytes:
    """Go on; it is this late (nanoseconds)."""
    body = json.dumps(now).encode()
    return len(body).to_bytes(4, "big") + body


class Lines:
    """Lines of a log, put together from whatever arrives. Keeps a megabyte, counts the rest."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._seen = 0
        self._room = LOG_KEPT
        self._amid = False
        """Whether what comes next is the end of a line whose beginning was not kept."""
        self.dropped = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The lines that are complete now; an overlong one is cut.

        :raises Breach: when more has come than any honest program logs.
        """
        self._seen += len(data)
        if self._seen > LOG_FLOOD:
            raise Breach(f"more than {LOG_FLOOD >> 20} MiB of log")
        if self._room <= 0:
            self.dropped += len(self._buffer) + len(data)
            self._amid = not data.endswith(b"\n")
            self._buffer.clear()
            return
        self._room -= len(data)
        if self._amid:
            lost, end, data = data.partition(b"\n")
            self.dropped += len(lost + end)
            self._amid = not end
        self._buffer += data
        *lines, rest = self._buffer.split(b"\n")
        self._buffer = bytearray(rest)
        for line in lines:
            yield bytes(line[:LINE])
        if len(self._buffer) > LINE:
            yield from self.rest()

    def rest(self) -> Iterator[bytes]:
        """What came without a line end, as a line."""
        if self._buffer:
            yield bytes(self._buffer[:LINE])
            self._buffer.clear()

    def renew(self) -> None:
        """Room for another megabyte: what comes now is not to suffer from what came before."""
        self._room = LOG_KEPT
