"""Threads wait for each other in virtual time: conditions (and all that is made of them), joins and locks."""

from __future__ import annotations

import _thread
import queue
import threading
from typing import Any

from autograder.jail.virtual import clock

__all__ = ["begin", "install"]

_wait_for_real = threading.Condition.wait
_join_for_real = threading.Thread.join
_SHORT = 0.001
"""Real seconds for which most locks are held at most."""


def install() -> None:
    """Replace what is looked up in a class. Real until there is a clock."""
    threading.Condition.wait = _wait  # type: ignore[method-assign, assignment]
    threading.Thread.join = _join  # type: ignore[method-assign, assignment]


def begin() -> None:
    """Replace what programs make from now on."""
    threading.Lock, threading.RLock = _Lock, _RLock  # type: ignore[assignment]
    # The one in C waits where nobody sees it; the threads of an executor spend their lives there.
    queue.SimpleQueue = queue._PySimpleQueue  # type: ignore[misc, attr-defined]


def _wait(condition: Any, timeout: float | None = None) -> bool:
    """As ``Condition.wait`` (threading.py), where this one asks our clock for the time."""
    ours = clock()
    if ours is None or (timeout is not None and timeout <= 0):
        return _wait_for_real(condition, timeout)
    if not condition._is_owned():
        raise RuntimeError("cannot wait on un-acquired lock")
    wake = ours.after(timeout)
    waiter = _thread.allocate_lock()
    waiter.acquire()
    condition._waiters.append(waiter)
    state = condition._release_save()
    told = False
    try:
        told = ours.company.ticket(waiter, wake)
        return told
    finally:
        condition._acquire_restore(state)
        if not told and waiter in condition._waiters:
            condition._waiters.remove(waiter)


def _join(thread: threading.Thread, timeout: float | None = None) -> None:
    ours = clock()
    if ours is None or (timeout is not None and timeout <= 0) or not thread.is_alive():
        return _join_for_real(thread, timeout)
    if thread is threading.current_thread():
        return _join_for_real(thread, timeout)  # which refuses

    def attempt(seconds: float) -> bool:
        _join_for_real(thread, seconds)
        return not thread.is_alive()

    ours.company.polled(attempt, lambda: not thread.is_alive(), ours.after(timeout))
    return None


class _Lock:
    """As ``threading.Lock``."""

    __slots__ = ("__weakref__", "_at_fork_reinit", "_lock", "locked", "release")

    def __init__(self) -> None:
        self._lock = lock = _thread.allocate_lock()
        self.release, self.locked = lock.release, lock.locked
        self._at_fork_reinit = lock._at_fork_reinit  # type: ignore[attr-defined]

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        return _acquire(self._lock, blocking, timeout, self._lock.locked)

    __enter__ = acquire

    def __exit__(self, *_: Any) -> None:
        self.release()

    def __repr__(self) -> str:
        return repr(self._lock)


class _RLock(_thread.RLock):  # type: ignore[misc]
    """As ``threading.RLock``."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        return _acquire(super(), blocking, timeout, self._held)

    __enter__ = acquire

    def _held(self) -> bool:
        return not super().__repr__().startswith("<unlocked")


def _acquire(lock: Any, blocking: bool, timeout: float, held: Any) -> bool:
    ours = clock()
    if ours is None or not blocking or timeout == 0 or (timeout < 0 and timeout != -1):
        return bool(lock.acquire(blocking, timeout))
    if lock.acquire(False) or lock.acquire(True, _SHORT):
        return True

    def attempt(seconds: float) -> bool:
        return bool(lock.acquire(True, seconds) if seconds else lock.acquire(False))

    return ours.company.polled(attempt, lambda: not held(), ours.after(None if timeout == -1 else timeout))
