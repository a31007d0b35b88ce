"""From a fork of the warm parent to a child of Airflow's: its cell, its descriptors, its lock, its self-test."""

from __future__ import annotations

import os
import random
import resource
import signal
import socket
import tempfile
from typing import NoReturn

from autograder.jail import clock, kernel, selftest
from autograder.jail.cells import Cell
from autograder.jail.lock import Lock
from autograder.jail.orders import Orders
from autograder.jail.side import SideChannel

__all__ = ["DESCRIPTORS", "become"]

DESCRIPTORS = 5
"""Airflow's requests, stdout, stderr, logs, and the side channel: 0 to 4 in the child."""
_ABOVE = 100


def become(orders: Orders, descriptors: list[int], lock: Lock, cell: Cell | None) -> NoReturn:
    """In the fork: take the child's place, lock it, say how that went, and be what the orders say."""
    from autograder.airflow33 import worker

    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.setsid()
    kernel.subreaper(False)
    inherited = _data()
    if cell is not None:
        cell.join()
    for target, descriptor in enumerate(descriptors):
        os.dup2(descriptor, _ABOVE + target)
    for target in range(DESCRIPTORS):
        os.dup2(_ABOVE + target, target)
    os.closerange(DESCRIPTORS, 1024)
    os.environ.update(orders.environ, TMPDIR=orders.tmp, HOME=orders.cwd)
    tempfile.tempdir = None
    random.seed(orders.chance)
    # The names of temporary files come from numbers of their own.
    vars(tempfile)["_Random"] = lambda: random.Random(orders.chance)
    door = lock.door()
    lock.close(orders, inherited, door)
    os.chdir(orders.cwd)
    side = SideChannel(socket.socket(fileno=4))
    os.set_inheritable(4, False)
    if side.ask("jailed", selftest.run(orders.canary, filtered=lock.filter is not None)) is None:
        os._exit(1)
    clock.begin(side, now=orders.now, start=orders.start, door=door)
    doors = [socket.socket(fileno=number) for number in range(3)]
    worker.run(orders, side, doors, 3)


def _data() -> int:
    """Bytes of private memory that this process has from its parent, where the system tells."""
    try:
        with open("/proc/self/statm") as sizes:
            return int(sizes.read().split()[5]) * resource.getpagesize()
    except OSError:
        return 0
