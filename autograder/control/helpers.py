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


def alive(pid: int, *, within: Collection[int] = (), others: Collection[int] = ()) -> Alive | None:
    """Threads of a child, without its main thread, and processes that it has brought about.

    The jail's keeper is none of them where others are: without any it has nothing to do and has gone, and whoever has
    its name is none of ours.

    :param within: processes of ours to which a process comes whose parent has ended. Where the child has no cell of its
        own, its orphans cannot be told from those of other children of the run, and count for each of them.
    :param others: the other children of the run, each with what is below it.
    :return: None where the system cannot tell, or the child is gone.
    """
    seen = 0
    quiet = False
    while (found := _look(pid, within, others)) is not None:
        if found.threads or found.processes:
            quiet = False
            seen += 1
            if seen > _LOOKS:
                break
            time.sleep(_PAUSE)
        elif quiet:
            break
        else:
            # The kernel may leave one child out of a list while another, that has ended, goes from it.
            quiet = True
    return found


def _look(pid: int, within: Collection[int], others: Collection[int]) -> Alive | None:
    threads = tree.threads(pid)
    if not threads:
        return None
    threads.pop(pid, None)
    keepers = KEEPER in threads.values()
    processes = {each for root in {pid, *within} for each in tree.descendants(root)} - {pid, *within}
    for other in others:
        processes -= {other, *tree.descendants(other)}
    beside = len(threads) > 1 or processes
    return Alive(threads=len(threads) - bool(keepers and beside), processes=len(processes))
