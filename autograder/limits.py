"""Limits: what one scenario may use, all its processes together."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from autograder.faults import seconds
from autograder.records import Record

__all__ = ["Limit", "Limits", "size"]

Limit = Literal["wall", "cpu", "memory", "processes", "disk", "files", "log", "frames", "mails"]

_UNITS = {"B": 0, "KB": 10, "MB": 20, "GB": 30}


def _bytes(value: object) -> object:
    """``512MB`` as bytes; a number as it is."""
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"(\d+)\s*(B|KB|MB|GB)", value.strip(), re.I)
    if found is None:
        raise ValueError(f"{value!r} is not a size; write '512MB'")
    return int(found[1]) << _UNITS[found[2].upper()]


def _seconds(value: object) -> object:
    return seconds(value) if isinstance(value, str) else value


def _at_least(least: int) -> Callable[[int], int]:
    def enough(value: int) -> int:
        if value < least:
            raise ValueError(f"{size(value)} is less than an honest run takes; the least is {size(least)}")
        return value

    return enough


_MB = 1 << 20
_Seconds = Annotated[float, BeforeValidator(_seconds), Field(ge=1)]
_Size = Annotated[int, BeforeValidator(_bytes), Field(strict=True)]
_Count = Annotated[int, Field(strict=True)]


class Limits(Record):
    """What one scenario may use. Who goes over a limit is stopped, and what was seen until then is kept.

    A time is seconds or a text such as ``30s``, a size is bytes or a text such as ``512MB``.
    """

    wall: _Seconds = 60.0
    """Real seconds."""
    cpu: _Seconds | None = None
    """Seconds of computing; None: as many as ``wall``."""
    memory: Annotated[_Size, AfterValidator(_at_least(128 * _MB))] = 512 * _MB
    """Bytes of memory at one time, without what is shared with the program that the processes are forked from."""
    processes: Annotated[_Count, Field(ge=16)] = 128
    """Processes and threads at one time."""
    disk: Annotated[_Size, AfterValidator(_at_least(_MB))] = 128 * _MB
    """Bytes of files at one time."""
    files: Annotated[_Count, Field(ge=100)] = 5000
    """Files and folders at one time."""
    log: Annotated[_Size, AfterValidator(_at_least(_MB))] = 64 * _MB
    """Bytes of log lines, standard output and standard error."""
    frames: Annotated[_Count, Field(ge=100)] = 4000
    """Requests of one process to Airflow."""
    mails: Annotated[_Count, Field(ge=1)] = 50
    """Deliveries of one kind; forty times as many metrics, and twenty more for each process, because Airflow sends
    some of its own."""

    @property
    def computing(self) -> float:
        """Seconds of computing."""
        return self.wall if self.cpu is None else self.cpu


def size(number: int) -> str:
    """``512 MB``."""
    for unit, shift in reversed(_UNITS.items()):
        if shift and number >> shift and not number % (1 << shift):
            return f"{number >> shift} {unit}"
    return f"{number} bytes"
