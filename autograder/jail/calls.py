"""Recording callback calls: each callback is wrapped, so that control hears when it starts and how it ends.

What is said here is a claim. The wrapper looks like the callback it wraps, so Airflow logs the same words.
"""

from __future__ import annotations

import functools
import inspect
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from autograder.jail.side import SideChannel

__all__ = ["flush", "recorded", "recorded_deadline"]

_KEYS, _KEY, _REASON = 100, 50, 500
"""How many keys of a context are told, and how many characters of each and of the reason."""


def recorded(callback: Any, index: int, kind: str, side: SideChannel, folder: str) -> Any:
    """The same callback, telling control of its calls. Whatever it is, wrapping it goes well."""
    try:
        generates = inspect.isgeneratorfunction(callback)
    except Exception:
        return callback  # Airflow asks the same of it, and stumbles
    call = _Call(callback, index, kind, side, folder)
    if not generates:
        return _Recorded(callback, call)

    def generating(*args: Any, **kwargs: Any) -> Any:
        with call.made(args, kwargs):
            return (yield from callback(*args, **kwargs))

    return functools.wraps(callback)(generating)


def recorded_deadline(callback: Any, side: SideChannel, folder: str, *, awaited: bool) -> Any:
    """A deadline's callback, telling control of its call: in the triggerer Airflow awaits what it returns.

    On the executor Airflow makes an object of a class and calls that: then this is the call.
    """
    call = _Call(callback, 0, "deadline_callback", side, folder)
    if awaited:
        return _Awaited(callback, call)
    return _Made(callback, call) if inspect.isclass(callback) else _Recorded(callback, call)


class _Call:
    """What control hears of the calls of one callback."""

    def __init__(self, callback: Any, index: int, kind: str, side: SideChannel, folder: str) -> None:
        self._side, self._folder = side, folder
        self._opening: dict[str, Any] = {"kind": kind, "index": index, "name": _name(callback)}
        with suppress(Exception):
            self._opening |= dict(zip(("file", "line"), _place(callback, folder), strict=True))

    @contextmanager
    def made(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Iterator[None]:
        """It is called with these."""
        flush()
        self._side.ask("call", self._opening | _given(args, kwargs))
        try:
            yield
        except BaseException as error:
            self._returned(_told(error, self._folder))
            raise
        self._returned(None)

    def _returned(self, error: dict[str, Any] | None) -> None:
        flush()
        self._side.ask("returned", error)


class _Recorded:
    def __init__(self, callback: Any, call: _Call) -> None:
        self._callback, self._call = callback, call
        with suppress(Exception):
            functools.update_wrapper(self, callback, updated=())
        # Airflow logs the name, or where there is none the class's.
        vars(self).setdefault("__name__", type(callback).__name__)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with self._call.made(args, kwargs):
            return self._callback(*args, **kwargs)

    def __repr__(self) -> str:
        return repr(self._callback)


class _Awaited(_Recorded):
    """Its call lasts until what it returns has been awaited."""

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with self._call.made(args, kwargs):
            return await self._callback(*args, **kwargs)


class _Made(_Recorded):
    """A class: an object of it is made first and then called, which is the call."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            made = self._callback(*args, **kwargs)
        except BaseException:
            # Then there is nothing to call, and this was it.
            with self._call.made(args, kwargs):
                raise
        return _Recorded(made, self._call) if callable(made) else made


def flush() -> None:
    """What was printed so far leaves now, so that control reads it before what is said next."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # a learner may have replaced it
            stream.flush()


def _given(args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of a callback's context, its only argument or the one of that name: keys, and a DAG's reason."""
    context: Any = kwargs.get("context", args[0] if args else None)
    given: dict[str, Any] = {}
    with suppress(Exception):  # an earlier callback may have put anything into it
        given["context"] = sorted(str(key)[:_KEY] for key in context)[:_KEYS]
        if isinstance(reason := context.get("reason"), str):
            given["reason"] = reason[:_REASON]
    return given


def _name(callback: Any) -> str:
    inner = callback.func if isinstance(callback, functools.partial) else callback
    with suppress(Exception):
        if isinstance(inner.__name__, str):
            return inner.__name__
    return type(inner).__name__


def _place(callback: Any, folder: str) -> tuple[str | None, int | None]:
    """File and line of its definition, if that is in the submission."""
    inner = inspect.unwrap(callback.func if isinstance(callback, functools.partial) else callback)
    kind = inner if inspect.isclass(inner) else type(inner)
    for candidate in (
        inner,
        getattr(kind, "async_notify", None),
        getattr(kind, "notify", None),
        kind.__dict__.get("__call__"),
    ):
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
