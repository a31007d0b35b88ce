"""Ending processes that have no namespace of their own: all that are below us, and what they start meanwhile.

And stopping those below others, whom control wants to stand still.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Collection, Iterable
from contextlib import suppress

from autograder.jail.tree import children, descendants, parent_of

__all__ = ["NOBODY", "continue_below", "end_below", "end_those_of", "stop_below"]

NOBODY = 65519
"""A user under whom nothing ever runs, but for a moment the process that ends all of another user's."""
_PATIENCE = 5.0
_QUIET = 2
"""So many looks in a row show nobody new before all count as stopped."""


def end_below(spared: Collection[int] = ()) -> int:
    """End all processes below this one but these and what is below them; returns how many there were.

    A process that forks faster than others are killed would win. So all are stopped first, again and again until
    no new one shows up: who is stopped cannot fork, and keeps its place among those that its user may have.
    Nobody is left when this returns, unless that takes seconds.
    """
    until = time.monotonic() + _PATIENCE
    ended: set[int] = set()
    here = [os.getpid()]
    while stopped := _stopped(here, until, spared):
        _send(stopped, signal.SIGKILL, {*here, *_below(here)})
        ended |= stopped
        if time.monotonic() > until:
            break
    return len(ended)


def stop_below(roots: Collection[int]) -> None:
    """Stop all processes below these, and whatever those start meanwhile.

    :param roots: none of which is to bury anybody meanwhile.
    """
    _stopped(roots, time.monotonic() + _PATIENCE)


def continue_below(roots: Collection[int]) -> None:
    """Let all processes below these go on, parents last: none of them sees that a child of its was stopped."""
    below = _below(roots)
    _send(reversed(list(below)), signal.SIGCONT, {*roots, *below})


def end_those_of(user: int) -> None:
    """End every process of a user, in one go that none of them can outrun. To be called as root."""
    # Whoever is at it for another user at the same moment may end ours with theirs.
    while _ended_all(user) == -signal.SIGKILL:
        pass


def _ended_all(user: int) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            # As the user only in what counts for whom we may reach, not in what counts for who may reach us.
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, user, NOBODY)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _stopped(roots: Collection[int], until: float, spared: Collection[int] = ()) -> set[int]:
    """Everybody below these but those who are spared, unable to do anything about it."""
    stopped: set[int] = set()
    seen: set[int] = set()
    quiet = 0
    while quiet < _QUIET and time.monotonic() < until:
        parents = _below(roots)
        below = {pid for pid in parents if not any(one in spared for one in _line(pid, parents))}
        _send(below - stopped, signal.SIGSTOP, {*roots, *parents})
        stopped |= below
        # Whoever forks and ends at once is never seen alive. Nobody has buried it: that is for the roots to do.
        now = below | {child for root in roots for child in children(root)}
        quiet = 0 if now - seen else quiet + 1
        seen |= now
    return stopped


def _below(roots: Iterable[int]) -> dict[int, int]:
    return {pid: parent for root in roots for pid, parent in descendants(root).items()}


def _line(pid: int, parents: dict[int, int]) -> Iterable[int]:
    while pid in parents:
        yield pid
        pid = parents[pid]


def _send(pids: Iterable[int], number: signal.Signals, ours: Collection[int]) -> None:
    for pid in pids:
        with suppress(OSError):
            _send_to(pid, number, ours)


def _send_to(pid: int, number: signal.Signals, ours: Collection[int]) -> None:
    """To this process, unless its number has been given to a stranger by now.

    :raises OSError: when it is gone.
    """
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        raise
    except (AttributeError, OSError):  # not every system has such handles
        os.kill(pid, number)
        return
    try:
        if parent_of(pid) in ours:
            signal.pidfd_send_signal(handle, number)
    finally:
        os.close(handle)
