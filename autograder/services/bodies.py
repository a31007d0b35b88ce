"""Text and JSON from strangers, made such that evidence can always be stored and read again."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

__all__ = ["clean", "parse_json", "readable"]

DEPTH_LIMIT = 64
"""Deeper nesting than any message needs; pydantic stores about 250."""


def clean(text: str) -> str:
    """The text without lone surrogates, which UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def readable(data: bytes) -> str:
    """Bytes as text, whatever they are."""
    return data.decode("utf-8", "replace")


def parse_json(data: bytes | str) -> Any:
    """Strict JSON of moderate depth.

    :raises ValueError: for all else.
    """
    try:
        value = json.loads(data, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return _cleaned(value, 0)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large")
    return number


def _cleaned(value: Any, depth: int) -> Any:
    if depth > DEPTH_LIMIT:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {clean(key): _cleaned(item, depth + 1) for key, item in value.items()}
    return value
