"""Recording callback calls: each callback is wrapped, so that control hears when it starts and how it ends.

What is said here is a claim. The wrapper looks like the callback it wraps, so Airflow logs the same words.
"""

from __future__ import annotations

import functools
import inspect
import sys
import traceback
from collections.abc import Callable, Iterable
from typing import Any

from autograder.jail.side import SideChannel

__all__ = ["recorded"]


def recorded(
    callbacks: Iterable[Callable[..., Any]], kind: str, side: SideChannel, folder: str
) -> list[Callable[..., Any]]:
    """The same callbacks, each telling control of its calls."""
    return [_wrap(callback, index, kind, side, folder) for index, callback in enumerate(callbacks)]


def _wrap(
    callback: Callable[..., Any], index: int, kind: str, side: SideChannel, folder: str
) -> Callable[..., Any]:
    file, line = _place(callback, folder)
    opening = {"kind": kind, "index": index, "name": _name(callback), "file": file, "line": line}

    def opened() -> None:
        _flush()
        side.ask("call", opening)

    def closed(error: BaseException | None) -> None:
        _flush()
        side.ask("returned", None if error is None else _told(error, folder))

    if inspect.isgeneratorfunction(callback):

        def generating(*args: Any, **kwargs: Any) -> Any:
            opened()
            try:
                result = yield from callback(*args, **kwargs)
            except BaseException as error:
                closed(error)
                raise
            closed(None)
            return result

        return functools.wraps(callback)(generating)
    return _Recorded(callback, opened, closed)


class _Recorded:
    def __init__(
        self,
        callback: Callable[..., Any],
        opened: Callable[[], None],
        closed: Callable[[BaseException | None], None],
    ) -> None:
        self._callback, self._opened, self._closed = callback, opened, closed
        functools.update_wrapper(self, callback, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._opened()
        try:
            result = self._callback(*args, **kwargs)
        except BaseException as error:
            self._closed(error)
            raise
        self._closed(None)
        return result

    def __repr__(self) -> str:
        return repr(self._callback)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # a learner may have replaced it
            continue


def _name(callback: Any) -> str:
    inner = callback.func if isinstance(callback, functools.partial) else callback
    return str(getattr(inner, "__name__", type(inner).__name__))


def _place(callback: Any, folder: str) -> tuple[str | None, int | None]:
    inner = inspect.unwrap(callback.func if isinstance(callback, functools.partial) else callback)
    kind = type(inner)
    for candidate in (inner, getattr(kind, "notify", None), kind.__dict__.get("__call__")):
        code = getattr(candidate, "__code__", None)
        if code is not None and code.co_filename.startswith(folder):
            return code.co_filename[len(folder) :].lstrip("/"), code.co_firstlineno
    return None, None


def _told(error: BaseException, folder: str) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(folder)]
    last = own[-1] if own else None
    return {
        "type": type(error).__name__,
        "message": str(error)[:2000],
        "file": last.filename[len(folder) :].lstrip("/") if last else None,
        "line": last.lineno if last else None,
        "detail": "".join(traceback.format_list(own)).replace(folder + "/", "")[:8000],
    }
