"""The warm parent: a program that imports Airflow once and forks a child for every execution.

It was executed, not forked, by the trusted side, so nothing secret was ever in its memory. For each control process
it serves one door, a socket with one JSON object a line: a request is ``Orders`` with five descriptors (Airflow's
requests, stdout, stderr, logs, and the side channel); it answers ``started`` with a process id, and ``exited`` with a
status when that process is gone. It ends, and takes its children along, when the door closes.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import random
import resource
import selectors
import signal
import socket
import sys
import tempfile
from typing import Any, NoReturn

from autograder.jail import clock, pages
from autograder.jail.orders import Orders
from autograder.jail.side import SideChannel

__all__ = ["main"]

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_REQUEST = 1 << 18
_DESCRIPTORS = 5
_MANY = 12
"""After so many forks it is a long session, in which larger pages pay."""


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        _libc.prctl(option, value, 0, 0, 0)


_libc: Any = ctypes.CDLL(None)


def main(arguments: list[str]) -> None:
    """Serve these doors, given as descriptor numbers: one process for each."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    doors = [socket.socket(fileno=int(number)) for number in arguments]
    # Imports leave little garbage and much to look through again and again.
    gc.disable()
    clock.install()
    from autograder.airflow33 import worker

    worker.prepare()
    gc.freeze()
    gc.enable()
    # Whoever tells us to end while we import has done so; from now on the doors do, and what is below us ends first.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # Each server ends whatever it finds below itself, so none of them is the parent of another.
    for number, door in enumerate(doors):
        if os.fork() == 0:
            _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            for other in doors[:number] + doors[number + 1 :]:
                other.close()
            _Server(door).serve()
    for door in doors:
        door.close()
    for _ in doors:
        os.wait()


class _Server:
    def __init__(self, door: socket.socket) -> None:
        self._door = door
        self._children: set[int] = set()
        self._forks = 0

    def serve(self) -> NoReturn:
        # Processes that a child leaves behind become ours, so that none outlives its run.
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
        woken, wake = socket.socketpair()
        woken.setblocking(False)
        wake.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        selector = selectors.DefaultSelector()
        selector.register(self._door, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        self._say(ready=os.getpid())
        while True:
            for key, _ in selector.select():
                if key.fileobj is woken:
                    woken.recv(4096)
                    self._reap()
                elif not self._request(wake, woken):
                    self._end()

    def _request(self, *ours: socket.socket) -> bool:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._door, _REQUEST, _DESCRIPTORS)
            # Control waits for our answer, so nothing follows the end of the line.
            while data and not data.endswith(b"\n"):
                more = self._door.recv(_REQUEST)
                data = data + more if more else b""
        except OSError:
            return False
        if not data:
            return False
        message = json.loads(data)
        if "sweep" in message:
            self._sweep()
            self._say(swept=True)
            if self._forks > _MANY:
                pages.collapse(_libc)
                self._forks = -(10**9)
            return True
        self._forks += 1
        # Before the fork: the child must not run before its number is known here.
        pid = os.fork()
        if pid == 0:
            try:
                self._door.close()
                for door in ours:
                    door.close()
                _become(Orders(**message), descriptors)
            finally:
                os._exit(127)
        self._children.add(pid)
        for descriptor in descriptors:
            os.close(descriptor)
        self._say(started=pid)
        return True

    def _say(self, **message: object) -> None:
        try:
            self._door.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            self._end()

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self._children:
                self._children.discard(pid)
                self._kill_group(pid)
                self._say(exited=pid, status=status)

    @staticmethod
    def _kill_group(pid: int) -> None:
        try:
            os.killpg(pid, signal.SIGKILL)
        except OSError:
            return

    def _sweep(self) -> None:
        """Kill whatever is left below us."""
        for _ in range(100):
            found = _descendants()
            if not found:
                return
            for pid in found:
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    continue
            self._reap()

    def _end(self) -> NoReturn:
        self._door.close()
        for pid in self._children:
            self._kill_group(pid)
        for pid in _descendants():
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                continue
        os._exit(0)


def _descendants() -> list[int]:
    found, todo = [], [os.getpid()]
    while todo:
        pid = todo.pop()
        try:
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/children") as children:
                    below = [int(child) for child in children.read().split()]
                found += below
                todo += below
        except OSError:
            continue
    return found


def _data() -> int:
    """Bytes of private memory that this process has from its parent, where the system tells."""
    try:
        with open("/proc/self/statm") as sizes:
            return int(sizes.read().split()[5]) * resource.getpagesize()
    except OSError:
        return 0


def _become(orders: Orders, descriptors: list[int]) -> NoReturn:
    """In the fork: take the child's place among descriptors, folders and variables, then be Airflow's child."""
    from autograder.airflow33 import worker

    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.setsid()
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _prctl(_PR_SET_CHILD_SUBREAPER, 0)
    for target, descriptor in enumerate(descriptors):
        os.dup2(descriptor, 100 + target)
    for target in range(_DESCRIPTORS):
        os.dup2(100 + target, target)
    os.closerange(_DESCRIPTORS, 1024)
    if orders.memory:
        most = orders.memory + _data()
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ.update(orders.environ, TMPDIR=orders.tmp)
    tempfile.tempdir = None
    random.seed(orders.chance)
    # The names of temporary files come from numbers of their own.
    vars(tempfile)["_Random"] = lambda: random.Random(orders.chance)
    os.chdir(orders.cwd)
    side = SideChannel(socket.socket(fileno=4))
    os.set_inheritable(4, False)
    clock.begin(side, now=orders.now, start=orders.start)
    doors = [socket.socket(fileno=number) for number in range(3)]
    worker.run(orders, side, doors, 3)
