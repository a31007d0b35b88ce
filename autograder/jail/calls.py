"""Recording callback calls: each callback is wrapped, so that control hears when it starts and how it ends.

What is said here is a claim. The wrapper looks like the callback it wraps, so Airflow logs the same words.
"""

from __future__ import annotations

import functools
import inspect
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from autograder.jail.side import SideChannel

__all__ = ["flush", "recorded"]

_KEYS, _KEY, _REASON = 100, 50, 500
"""How many keys of a context are told, and how many characters of each and of the reason."""


def recorded(callback: Any, index: int, kind: str, side: SideChannel, folder: str) -> Any:
    """The same callback, telling control of its calls. Whatever it is, wrapping it goes well."""
    try:
        generates = inspect.isgeneratorfunction(callback)
    except Exception:
        return callback  # Airflow asks the same of it, and stumbles
    opening = {"kind": kind, "index": index, "name": _name(callback)}
    with suppress(Exception):
        opening |= dict(zip(("file", "line"), _place(callback, folder), strict=True))

    def opened(context: Any) -> None:
        flush()
        side.ask("call", opening | _given(context))

    def closed(error: BaseException | None) -> None:
        flush()
        side.ask("returned", None if error is None else _told(error, folder))

    if not generates:
        return _Recorded(callback, opened, closed)

    def generating(*args: Any, **kwargs: Any) -> Any:
        opened(_context(args, kwargs))
        try:
            result = yield from callback(*args, **kwargs)
        except BaseException as error:
            closed(error)
            raise
        closed(None)
        return result

    return functools.wraps(callback)(generating)


class _Recorded:
    def __init__(
        self,
        callback: Any,
        opened: Callable[[Any], None],
        closed: Callable[[BaseException | None], None],
    ) -> None:
        self._callback, self._opened, self._closed = callback, opened, closed
        with suppress(Exception):
            functools.update_wrapper(self, callback, updated=())
        # Airflow logs the name, or where there is none the class's.
        vars(self).setdefault("__name__", type(callback).__name__)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._opened(_context(args, kwargs))
        try:
            result = self._callback(*args, **kwargs)
        except BaseException as error:
            self._closed(error)
            raise
        self._closed(None)
        return result

    def __repr__(self) -> str:
        return repr(self._callback)


def _context(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What a callback is told about: its only argument, or the one of that name."""
    return kwargs.get("context", args[0] if args else None)


def _given(context: Any) -> dict[str, Any]:
    """What is told of a context: its keys, and the reason that a DAG's callbacks find in it."""
    given: dict[str, Any] = {}
    with suppress(Exception):  # an earlier callback may have put anything into it
        given["context"] = sorted(str(key)[:_KEY] for key in context)[:_KEYS]
        if isinstance(reason := context.get("reason"), str):
            given["reason"] = reason[:_REASON]
    return given


def flush() -> None:
    """What was printed so far leaves now, so that control reads it before what is said next."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # a learner may have replaced it
            stream.flush()


def _name(callback: Any) -> str:
    inner = callback.func if isinstance(callback, functools.partial) else callback
    with suppress(Exception):
        if isinstance(inner.__name__, str):
            return inner.__name__
    return type(inner).__name__


def _place(callback: Any, folder: str) -> tuple[str | None, int | None]:
    """File and line of its definition, if that is in the submission."""
    inner = inspect.unwrap(callback.func if isinstance(callback, functools.partial) else callback)
    kind = type(inner)
    for candidate in (inner, getattr(kind, "notify", None), kind.__dict__.get("__call__")):
        code = getattr(candidate, "__code__", None)
        if inspect.iscode(code) and code.co_filename.startswith(folder):
            return code.co_filename[len(folder) :].lstrip("/"), code.co_firstlineno
    return None, None


def _told(error: BaseException, folder: str) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(folder)]
    last = own[-1] if own else None
    return {
        "type": type(error).__name__,
        "message": _message(error),
        "file": last.filename[len(folder) :].lstrip("/") if last else None,
        "line": last.lineno if last else None,
        "detail": "".join(traceback.format_list(own)).replace(folder + "/", "")[:8000],
    }


def _message(error: BaseException) -> str:
    try:
        return str(error)[:2000]
    except Exception:
        return ""  # its own __str__ is broken
