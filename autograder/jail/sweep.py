"""Ending processes that have no namespace of their own: all that are below us, and what they start meanwhile."""

from __future__ import annotations

import os
import signal
from collections.abc import Collection, Iterable
from contextlib import suppress

from autograder.jail.tree import descendants

__all__ = ["end_below", "end_those_of"]

_ROUNDS = 200


def end_below(spared: Collection[int] = ()) -> int:
    """End all processes below this one but these and what is below them; returns how many there were.

    A process that forks faster than others are killed would win. So all are stopped first, again and again until
    no new one shows up: who is stopped cannot fork, and keeps its place among those that its user may have.
    """
    stopped: set[int] = set()
    for _ in range(_ROUNDS):
        new = _below(spared) - stopped
        if not new:
            break
        _send(new, signal.SIGSTOP)
        stopped |= new
    _send(stopped, signal.SIGKILL)
    return len(stopped)


def end_those_of(user: int) -> None:
    """End every process of a user, in one go that none of them can outrun. To be called as root."""
    pid = os.fork()
    if pid == 0:
        try:
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def _below(spared: Collection[int]) -> set[int]:
    parents = descendants(os.getpid())
    return {pid for pid in parents if not any(one in spared for one in _line(pid, parents))}


def _line(pid: int, parents: dict[int, int]) -> Iterable[int]:
    while pid in parents:
        yield pid
        pid = parents[pid]


def _send(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(OSError):
            os.kill(pid, number)
