"""Log lines that a log system can parse: JSON, ``key=value`` pairs, or fields given to the logger."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from typing import Any

from autograder.evidence import LogEvent

__all__ = ["between", "containing", "differences", "find", "is_python_dict", "matches", "parse", "wording"]

_MOST_BEGINNINGS = 20
_LONGEST = 4000
_PAIR = re.compile(r'(?<!\S)([A-Za-z_][\w.-]*)=("(?:[^"\\]|\\.)*"|[^\s,;]*)[,;]?')
# What Airflow and structlog add to every event, so that a plain line is not taken for a record.
_ADDED = {
    "timestamp",
    "logger",
    "filename",
    "lineno",
    "level",
    "event",
    "error_detail",
    "func_name",
    "chan",
    "loc",
}


def parse(event: LogEvent) -> dict[str, Any] | None:
    """The record that a log line carries, or None for prose."""
    found = _json(event.event)
    if found is None:
        pairs = _PAIR.findall(event.event)
        # Prose with one "x=1" in it is prose; a record is mostly pairs.
        if len(pairs) >= 2:
            found = {key: _value(text) for key, text in pairs}
    own = {key: value for key, value in event.fields.items() if key not in _ADDED}
    if found is None and not own:
        return None
    # A message that is the record wins over what surrounds it.
    return {**own, **(found if found is not None else {"event": event.event})}


def is_python_dict(text: str) -> bool:
    """Whether a line is a dict as Python prints it: near to JSON for people, and not for programs."""
    text = text.strip()
    if not text.startswith("{") or not text.endswith("}") or len(text) > _LONGEST:
        return False
    try:
        return isinstance(ast.literal_eval(text), dict)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return False


def _json(text: str) -> dict[str, Any] | None:
    decoder = json.JSONDecoder()
    start = text.find("{")
    # A hostile line may have thousands of beginnings, each of which reads to the line's end.
    for _ in range(_MOST_BEGINNINGS):
        if start < 0:
            break
        try:
            value, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict) and value:
            return value
        start = text.find("{", start + 1)
    return None


def _value(text: str) -> Any:
    if text.startswith('"'):
        try:
            return json.loads(text)
        except ValueError:
            return text.strip('"')
    try:
        return json.loads(text)
    except ValueError:
        return text


_NOTHING = object()


def find(record: Mapping[str, Any], key: str) -> Any:
    """The value under this key, at the top or in a mapping inside; ``KeyError`` if there is none."""
    found = _find(record, key)
    if found is _NOTHING:
        raise KeyError(key)
    return found


def _find(record: Mapping[str, Any], key: str) -> Any:
    if key in record:
        return record[key]
    for value in record.values():
        if isinstance(value, Mapping) and (found := _find(value, key)) is not _NOTHING:
            return found
    return _NOTHING


class between:
    """A number from ``low`` to ``high``, both included."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def __call__(self, value: Any) -> bool:
        number = _number(value)
        return number is not None and self.low <= number <= self.high

    def __repr__(self) -> str:
        return f"a number from {self.low} to {self.high}"


class containing:
    """A text with this text in it, white space and all."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __call__(self, value: Any) -> bool:
        return isinstance(value, str) and self.text in value

    def __repr__(self) -> str:
        return f"a text with {self.text!r} in it"


def matches(value: Any, wanted: Any) -> bool:
    """Whether a value of a record is what was asked for.

    ``wanted``: ``...`` for anything but nothing; a type; a condition (a function of the value); or the
    value itself, where a number may also be written as text, as ``key=value`` pairs have it.
    """
    if wanted is ...:
        return value is not None and value != ""
    if wanted in (int, float):
        number = _number(value)
        return number is not None and (wanted is float or number == int(number))
    if isinstance(wanted, type):
        return isinstance(value, wanted)
    if callable(wanted):
        return bool(wanted(value))
    if isinstance(wanted, (int, float)) and not isinstance(wanted, bool):
        return _number(value) == wanted
    return bool(value == wanted)


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def differences(record: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """What is not as wanted, one phrase each; empty if all is."""
    found = []
    for key, want in wanted.items():
        value = _find(record, key)
        if value is _NOTHING:
            found.append(f"`{key}` is missing")
        elif not matches(value, want):
            found.append(f"`{key}` is {value!r}, not {wording(want)}")
    return found


def wording(wanted: Any) -> str:
    """A wish as words."""
    if wanted is ...:
        return "anything"
    if isinstance(wanted, type):
        return _TYPES.get(wanted, f"a {wanted.__name__}")
    if isinstance(wanted, between):
        return repr(wanted)
    if callable(wanted):
        return str(wanted.__doc__ or getattr(wanted, "__name__", "as asked")).strip().rstrip(".")
    return repr(wanted)


_TYPES: dict[type, str] = {
    int: "a whole number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "a mapping",
}
