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

from autograder.limits import Limit, size
from autograder.services.bodies import parse_json

__all__ = ["Allowance", "Breach", "Excess", "Frames", "Lines", "Request", "side_answer"]

MAX_FRAME = 4 << 20
MAX_FRAMES = 128 << 20
"""Bytes of all frames of a channel: what they ask to keep (XComs, Variables) is kept as long as the run goes on."""
MAX_VALUES = 500_000
"""In one frame: Airflow looks at each of them several times, and four million empty lists are half a minute."""
LOG_KEPT = 1 << 20
LINE = 64 << 10
CHUNK = 1 << 16


class Breach(Exception):
    """The child broke the protocol; the text says how. Its execution is over."""


class Excess(Breach):
    """It has used up a limit of the run, which is over with it."""

    def __init__(self, limit: Limit, text: str) -> None:
        super().__init__(text)
        self.limit = limit


class Allowance:
    """What the processes of a run may still log, all together.

    :param most: in bytes.
    """

    def __init__(self, most: int) -> None:
        self._most = self._left = most

    def take(self, number: int) -> None:
        """Some bytes have come.

        :raises Excess: when there was no room for them.
        """
        self._left -= number
        if self._left < 0:
            raise Excess("log", f"more than {size(self._most)} of log")


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
    """Length-prefixed frames, put together from whatever arrives.

    :param most: how many there may be.
    :param limit: the limit of the run that this is, if it is one.
    """

    def __init__(self, most: int, limit: Limit | None = None) -> None:
        self._most, self._limit = most, limit
        self._buffer = bytearray()
        self._count = self._size = 0
        self._decode = msgspec.msgpack.Decoder().decode

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The frames that are complete now.

        :raises Breach: on a length that is zero or too large, on too many frames, or on too much in them.
        """
        self._buffer += data
        while len(self._buffer) >= 4:
            length = int.from_bytes(self._buffer[:4], "big")
            if not 0 < length <= MAX_FRAME:
                raise Breach(f"a frame of {length} bytes")
            if len(self._buffer) < 4 + length:
                return
            self._size += length
            if self._size > MAX_FRAMES:
                raise Breach(f"more than {size(MAX_FRAMES)} in frames")
            self._count += 1
            if self._count > self._most:
                text = f"more than {self._most} frames"
                raise Breach(text) if self._limit is None else Excess(self._limit, text)
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
        if not _few(value):
            raise Breach(f"a frame of more than {MAX_VALUES} values")
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


def _few(value: Any) -> bool:
    """Whether a value holds no more values than a frame may."""
    count, waiting = 0, [value]
    while waiting and count <= MAX_VALUES:
        inner = waiting.pop()
        if isinstance(inner, (list, dict)):
            count += len(inner)
            waiting.extend(
                one
                for one in (inner.values() if isinstance(inner, dict) else inner)
                if isinstance(one, (list, dict)) and one
            )
    return count <= MAX_VALUES


def side_answer(answer: Any) -> bytes:
    """Go on: it is this late (nanoseconds), or this is what was asked for."""
    body = json.dumps(answer).encode()
    return len(body).to_bytes(4, "big") + body


class Lines:
    """Lines of a log, put together from whatever arrives. Keeps a megabyte, counts the rest.

    :param allowance: what may come at all.
    """

    def __init__(self, allowance: Allowance) -> None:
        self._buffer = bytearray()
        self._all = allowance
        self._room = LOG_KEPT
        self._amid = False
        """Whether what comes next is the end of a line whose beginning was not kept."""
        self.dropped = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The lines that are complete now; an overlong one is cut.

        :raises Excess: when more has come than the run may log.
        """
        self._all.take(len(data))
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

    @property
    def partial(self) -> bool:
        """Whether the beginning of a line is there, and its end is not."""
        return bool(self._buffer)

    def rest(self) -> Iterator[bytes]:
        """What came without a line end, as a line."""
        if self._buffer:
            yield bytes(self._buffer[:LINE])
            self._buffer.clear()

    def renew(self) -> None:
        """Room for another megabyte: what comes now is not to suffer from what came before."""
        self._room = LOG_KEPT
