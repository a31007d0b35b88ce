"""Who is alive in an execution beside the task's own thread, as the system sees it.

A helper that waits for the task's outcome could do after it what only a callback is to do.
"""

from __future__ import annotations

import time
from collections.abc import Collection

from autograder.evidence import Alive
from autograder.jail import tree
from autograder.jail.company import KEEPER

__all__ = ["alive"]

_LOOKS = 5
_PAUSE = 0.002
"""Real seconds between two looks: a thread that has been joined is gone a moment later."""


def alive(pid: int, others: Collection[int] = (), own: Collection[int] = ()) -> Alive | None:
    """Threads of a child, without its main thread and the jail's keeper, and processes that it has brought about.

    :param others: the other children of the run, each with what is below it.
    :param own: processes of ours. If the child's parent is one of them, all that is below that one counts: a
        process whose parent has ended belongs to the first of its world.
    :return: None where the system cannot tell, or the child is gone.
    """
    found = _look(pid, others, own)
    for _ in range(_LOOKS):
        if found is None or not (found.threads or found.processes):
            break
        time.sleep(_PAUSE)
        found = _look(pid, others, own)
    return found


def _look(pid: int, others: Collection[int], own: Collection[int]) -> Alive | None:
    threads = tree.threads(pid)
    if not threads:
        return None
    threads.pop(pid, None)
    keepers = [thread for thread, name in threads.items() if name == KEEPER]
    parent = tree.parent_of(pid)
    first = parent if parent is not None and parent in own else pid
    below = tree.descendants(first).keys() - {pid, *own}
    for other in others:
        below -= {other} | tree.descendants(other).keys()
    # There is one keeper at most: whoever takes its name for more than one thread is counted.
    return Alive(threads=len(threads) - min(1, len(keepers)), processes=len(below))
