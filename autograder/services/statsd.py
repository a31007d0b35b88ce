"""The StatsD stand-in: reads the datagrams of one child."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from autograder.evidence import Metric
from autograder.jail.doors import BUFFER
from autograder.services.address import Address
from autograder.services.bodies import readable
from autograder.services.desk import Desk

__all__ = ["MetricsDoor", "Reading", "parse"]

Type = Literal["counter", "gauge", "timer", "set", "histogram", "distribution"]

TYPES: dict[str, Type] = {
    "c": "counter",
    "g": "gauge",
    "ms": "timer",
    "s": "set",
    "h": "histogram",
    "d": "distribution",
}

AT_ONCE = 8
"""Datagrams read before others get their turn."""

VALUES_LIMIT = 100
"""Values of one line."""

OVERHEAD = 256
"""Bytes the kernel needs, at least, to hold a datagram."""


@dataclass(frozen=True, slots=True)
class Reading:
    name: str
    value: float
    type: Type
    raw: str
    tags: dict[str, str] = field(default_factory=dict)


def parse(datagram: bytes) -> Iterator[Reading | None]:
    """The readings of a datagram, None for a line that is not understood.

    Plain ``name:1|c``, with a rate ``|@0.1``, InfluxDB's tags ``name,k=v:1|c``, Datadog's ``|#k:v,flag`` and
    several values ``name:1:2|ms``. A sampled counter counts for what it stands for.
    """
    for line in readable(datagram).splitlines():
        if line:
            try:
                yield from _readings(line)
            except ValueError:
                yield None


def _readings(line: str) -> list[Reading]:
    head, kind, *sections = line.split("|")
    label, colon, values = head.partition(":")
    name, *influx = label.split(",")
    if not name or not colon or kind not in TYPES:
        raise ValueError(line)
    tags = dict(_pair(tag, "=") for tag in influx if tag)
    rate = 1.0
    for section in sections:
        if section.startswith("@"):
            rate = float(section[1:])
            if not 0 < rate <= 1:
                raise ValueError(line)
        elif section.startswith("#"):
            tags |= dict(_pair(tag, ":") for tag in section[1:].split(",") if tag)
    numbers = values.split(":", VALUES_LIMIT)
    return [_reading(name, value, TYPES[kind], rate, tags, line) for value in numbers]


def _reading(name: str, value: str, kind: Type, rate: float, tags: dict[str, str], line: str) -> Reading:
    # A set counts different words: what arrived once, counts one.
    number = 1.0 if kind == "set" else float(value)
    if kind == "counter":
        number /= rate
    if not math.isfinite(number):
        raise ValueError(line)
    return Reading(name, number, kind, line, tags)


def _pair(tag: str, separator: str) -> tuple[str, str]:
    key, _, value = tag.partition(separator)
    return key, value


class MetricsDoor:
    """One child's UDP port. Whoever made the socket closes it."""

    def __init__(self, desk: Desk, address: Address) -> None:
        self._desk = desk
        self._address = address
        self._socket = address.doors.metrics
        asyncio.get_running_loop().add_reader(self._socket, self.read)

    def stop(self) -> None:
        """Wait for no more, after a last look."""
        asyncio.get_running_loop().remove_reader(self._socket)
        self.read_all()

    def read(self) -> None:
        """Some of what is queued; the loop calls again for the rest."""
        for _ in range(AT_ONCE):
            if not self._read_one():
                return

    def read_all(self) -> None:
        """All that is queued now, but not what an orphan goes on sending: no more than the kernel can hold."""
        held = 0
        while held < BUFFER and (size := self._read_one()):
            held += size + OVERHEAD

    def _read_one(self) -> int:
        """The size of a datagram, 1 of an empty one; 0 when there was none."""
        try:
            datagram = self._socket.recv(1 << 16)
        except BlockingIOError:
            return 0
        stamp = self._desk.stamp()
        for reading in parse(datagram):
            if reading is None:
                self._desk.ledger.drop("metrics")
                continue
            self._desk.ledger.keep(
                Metric,
                stamp,
                self._address,
                len(reading.raw),
                name=reading.name,
                value=reading.value,
                type=reading.type,
                tags=reading.tags,
                raw=reading.raw,
            )
        return len(datagram) or 1
