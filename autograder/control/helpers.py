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


def alive(
    pid: int, *, below: Collection[int] = (), own: Collection[int] = (), others: Collection[int] = ()
) -> Alive | None:
    """Threads of a child, without its main thread and the jail's keeper, and processes that it has brought about.

    A process whose parent has ended belongs to nobody's tree: as long as it is there, it counts for every child of the
    run that reports its outcome.

    :param below: processes of ours below which all of the run are.
    :param own: those of ours among them. Where one of ``below`` is in it, so are its children.
    :param others: the other children of the run, each with what is below it.
    :return: None where the system cannot tell, or the child is gone.
    """
    found = _look(pid, below, own, others)
    for _ in range(_LOOKS):
        if found is None or not (found.threads or found.processes):
            break
        time.sleep(_PAUSE)
        found = _look(pid, below, own, others)
    return found


def _look(pid: int, below: Collection[int], own: Collection[int], others: Collection[int]) -> Alive | None:
    threads = tree.threads(pid)
    if not threads:
        return None
    threads.pop(pid, None)
    keepers = [thread for thread, name in threads.items() if name == KEEPER]
    parents: dict[int, int] = {}
    for root in {pid, *below}:
        parents |= tree.descendants(root)
    ours = {*below, *own} | {each for each, parent in parents.items() if parent in own and parent in below}
    theirs = parents.keys() - ours - {pid}
    for other in others:
        theirs -= {other, *tree.descendants(other)}
    # There is one keeper at most: whoever takes its name for more than one thread is counted.
    return Alive(threads=len(threads) - min(1, len(keepers)), processes=len(theirs))
