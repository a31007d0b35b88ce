"""The warm parent: a program that goes into the jail, imports Airflow once and forks a child for every execution.

It was executed, not forked, by the trusted side, so nothing secret was ever in its memory. For each control process
it serves one door, a socket with one JSON object a line. Control asks for a ``room`` (the folder of a run), for a
``cell`` (the namespaces of a child) where the layer has such, and gives ``orders`` with five descriptors (Airflow's
requests, stdout, stderr, logs, and the side channel); it is told when a child has ``started`` and has ``exited``.
The program ends, and takes its children along, when the doors close.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any, NoReturn

from autograder.jail import clock, kernel, landlock, layers, pages, root, seccomp, sweep
from autograder.jail.birth import DESCRIPTORS, become
from autograder.jail.cells import Cell, Maker
from autograder.jail.layers import Layer
from autograder.jail.lock import LEARNER, Lock
from autograder.jail.orders import Orders
from autograder.jail.tree import descendants

__all__ = ["main"]

_REQUEST = 1 << 18
_MANY = 12
"""After so many forks it is a long session, in which larger pages pay."""


def main(arguments: list[str]) -> None:
    """``LAYER ROOT DOOR…``: serve these doors, given as descriptor numbers, one process for each.

    LAYER is a letter, or ``best``; ROOT is an empty folder over which the jail's root may be mounted.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whoever grades may keep their files from others; what the jail is furnished with is for its user to enter.
    os.umask(0o022)
    asked, folder, *numbers = arguments
    doors = [socket.socket(fileno=int(number)) for number in numbers]
    try:
        layer = layers.choose(None if asked == "best" else asked)
    except layers.LayerMissing as error:
        for door in doors:
            _say(door, refused=str(error))
        return
    os.environ.update(USER="learner", LOGNAME="learner")
    users = [layers.user_of_its_own(layer, rank) for rank in range(len(doors))]
    paths = root.needed()
    makers = _go_in(layer, folder, paths, users, doors)
    # Imports leave little garbage and much to look through again and again.
    gc.disable()
    clock.install()
    from autograder.airflow33 import worker

    worker.prepare()
    if layer.namespaces:
        root.seal()
    gc.freeze()
    gc.enable()
    # Whoever tells us to end while we import has done so; from now on the doors do, and what is below us ends first.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    filtered = layers.FILTER in layer.active
    locked = layers.LANDLOCK in layer.active
    # Each server ends whatever it finds below itself, so none of them is the parent of another.
    for door, maker, user in zip(doors, makers, users, strict=True):
        if os.fork() == 0:
            kernel.die_with_parent()
            for other in {*doors} - {door}:
                other.close()
            for each in makers:
                if each is not None and each is not maker:
                    each.leave()
            lock = Lock(layer.letter, user, _filter(user, layer) if filtered else None, locked, paths)
            _Server(door, layer, lock, maker).serve()
    for door in doors:
        door.close()
    for each in makers:
        if each is not None:
            each.leave()
    for _ in range(len(doors)):
        os.wait()


def _filter(user: int | None, layer: Layer) -> bytes:
    shared = not layer.namespaces
    return seccomp.program(
        shared=shared,
        owner=shared and user is None,
        empties=shared and landlock.version() < landlock.TRUNCATION,
    )


def _go_in(
    layer: Layer, folder: str, paths: list[str], users: Sequence[int | None], doors: Sequence[socket.socket]
) -> list[Maker | None]:
    """Enter the jail's root, where the layer has one, and fork the helpers while this process is small."""
    makers: list[Maker | None] = [None for _ in doors]
    if layer.namespaces:
        if layer.letter == "B":
            kernel.new_user(0)
        kernel.unshare(kernel.MNT)
        names = [LEARNER if layer.letter == "B" else user or 0 for user in users]
        root.enter(folder, paths, names)
        os.environ["AIRFLOW_HOME"] = root.HOME
    # Not before the user namespace has been made: it takes writing to this process's own files in /proc.
    if layer.letter != "D":
        kernel.dumpable(False)
    if layer.namespaces:
        for rank, user in enumerate(users):
            makers[rank] = Maker(user or 0)
    return makers


def _say(door: socket.socket, descriptors: Sequence[int] = (), **message: object) -> None:
    line = json.dumps(message | {"descriptors": len(descriptors)}).encode() + b"\n"
    with suppress(OSError):
        sent = socket.send_fds(door, [line], descriptors) if descriptors else 0
        door.sendall(line[sent:])


def _own() -> dict[str, object]:
    """What no run may change of this process."""
    if not os.path.isdir("/proc/self/task"):
        return {}
    return {
        "threads": len(os.listdir("/proc/self/task")),
        "descriptors": len(os.listdir("/proc/self/fd")),
        "modules": len(sys.modules),
        "environment variables": len(os.environ),
        "processes": len(descendants(os.getpid())),
    }


def _pidfds(pid: int) -> list[int]:
    """One, or none where the system has no such thing."""
    try:
        return [os.pidfd_open(pid)]
    except (AttributeError, OSError):
        return []


class _Server:
    def __init__(self, door: socket.socket, layer: Layer, lock: Lock, maker: Maker | None) -> None:
        self._door, self._layer, self._lock, self._maker = door, layer, lock, maker
        self._children: dict[int, Cell | None] = {}
        self._cell: Cell | None = None
        """The one for the next child."""
        self._forks = 0
        self._libc = ctypes.CDLL(None)
        self._before: dict[str, object] = {}
        """What we were like after the first run."""

    def serve(self) -> NoReturn:
        # Processes that a child leaves behind become ours, so that none outlives its run.
        kernel.subreaper(True)
        woken, wake = socket.socketpair()
        woken.setblocking(False)
        wake.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        selector = selectors.DefaultSelector()
        selector.register(self._door, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        helper = [] if self._maker is None else [self._maker.pid]
        self._say(ready=os.getpid(), layer=asdict(self._layer), below=helper, user=self._lock.user)
        while True:
            for key, _ in selector.select():
                if key.fileobj is woken:
                    woken.recv(4096)
                    self._reap()
                elif not self._request((wake, woken)):
                    self._end()

    def _request(self, ours: Sequence[socket.socket]) -> bool:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._door, _REQUEST, DESCRIPTORS)
            # Control waits for our answer, so nothing follows the end of the line.
            while data and not data.endswith(b"\n"):
                more = self._door.recv(_REQUEST)
                data = data + more if more else b""
        except OSError:
            return False
        if not data:
            return False
        message: dict[str, Any] = json.loads(data)
        try:
            match message:
                case {"room": [int(size), int(files)]}:
                    self._room(size, files)
                case {"cell": True}:
                    self._give_cell()
                case {"sweep": True}:
                    self._sweep()
                case _:
                    self._start(Orders(**message), descriptors, ours)
        except OSError as error:
            self._say(failed=f"the jail: {error}")
        return True

    def _room(self, size: int, files: int) -> None:
        if self._maker is None:
            self._say(room=False)
            return
        folder = self._maker.room(size, files)
        self._say([folder], room=True)
        os.close(folder)
        self._maker.ahead()

    def _give_cell(self) -> None:
        if self._maker is None:
            self._say(cell=False)
            return
        self._forget_cell()
        cell = self._cell = self._maker.cell()
        doors = [door.fileno() for door in cell.doors.sockets]
        self._say([cell.keeper, *doors], cell=True, keeper=cell.pid)
        cell.doors.close()

    def _start(self, orders: Orders, descriptors: list[int], ours: Sequence[socket.socket]) -> None:
        self._forks += 1
        if self._cell is None and self._maker is not None:
            raise OSError("a child was to be started without a cell")
        cell, self._cell = self._cell, None
        if cell is not None:
            cell.adopt()
        # Before the fork: the child must not run before its number is known here.
        pid = os.fork()
        if pid == 0:
            try:
                self._door.close()
                for door in ours:
                    door.close()
                become(orders, descriptors, self._lock, cell)
            finally:
                os._exit(127)
        self._children[pid] = cell
        for descriptor in descriptors:
            os.close(descriptor)
        process = _pidfds(pid)
        self._say(process, started=pid)
        for descriptor in process:
            os.close(descriptor)
        if self._maker is not None:
            self._maker.ahead()

    def _say(self, descriptors: Sequence[int] = (), **message: object) -> None:
        _say(self._door, descriptors, **message)

    def _reap(self) -> None:
        while self._bury(os.WNOHANG):
            pass

    def _bury(self, options: int) -> bool:
        """Take leave of one process that has ended, and of all that it leaves behind. False: there is none."""
        try:
            pid, status, used = os.wait4(-1, options)
        except ChildProcessError:
            return False
        if pid in self._children:
            cell = self._children.pop(pid)
            if cell is not None:
                cell.end()
            else:
                self._end_orphans()
            self._say(exited=pid, status=status, cpu=used.ru_utime + used.ru_stime)
        return pid != 0

    def _end_orphans(self) -> None:
        """What a child has left behind, where it has no namespace. Its brothers, who sleep, stay."""
        if sweep.end_below(self._children) and self._lock.user is not None and not self._children:
            sweep.end_those_of(self._lock.user)

    def _sweep(self) -> None:
        """The run is over: nothing is left below us, and we are as we were."""
        for pid in self._children:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        while self._children and self._bury(0):
            pass
        if self._maker is None:
            sweep.end_below()
            self._reap()
        self._forget_cell()
        if self._maker is not None:
            self._maker.clear()
        self._say(swept=True, doubt=self._doubt())
        if self._forks > _MANY:
            pages.collapse(self._libc)
            self._forks = -(10**9)

    def _doubt(self) -> str:
        """How we differ from what we were before any child; nothing, if all is well."""
        for what, now in _own().items():
            if now != self._before.setdefault(what, now):
                return f"the warm parent has {now} {what} and had {self._before[what]}"
        return ""

    def _forget_cell(self) -> None:
        cell, self._cell = self._cell, None
        if cell is not None:
            cell.end()

    def _end(self) -> NoReturn:
        self._door.close()
        for cell in (*self._children.values(), self._cell):
            if cell is not None:
                cell.kill()
        sweep.end_below()
        os._exit(0)
