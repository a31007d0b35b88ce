"""Cells: the namespaces of one child, made by a small helper while the warm parent is busy with something else.

A cell has its own processes (of which a keeper of ours is the first), network, mounts and names. The child is forked
into it by the warm parent, of which there is too much to fork it more than once. When the keeper is killed, the
kernel ends everything in the cell.

The helper also mounts the folder of a run, a file system of its own with a limit, and hands it out as a descriptor:
control writes the submission into it and reads from it what children leave, and needs no right to mount anything.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from autograder.jail import kernel, root
from autograder.jail.doors import Doors, open_doors

__all__ = ["Cell", "Maker"]

_JOINED = kernel.MNT | kernel.NET | kernel.IPC | kernel.UTS
_MOST = 1 << 16
_DESCRIPTORS = 16
_NOSUID, _NODEV, _NOEXEC = 2, 4, 8
_SHARED_MEMORY = "size=64m,nr_inodes=1000,mode=1777"
_PATIENCE = 10.0
_TABLE = ("/proc/sys/net/ipv4/tcp_child_ehash_entries", "4096")
"""How large a table of connections the networks get that are made from this one (Linux 6.1 and later)."""


@dataclass(frozen=True)
class Cell:
    """Namespaces that wait for their child, or have it."""

    keeper: int
    """A pidfd of its first process."""
    pid: int
    """The number of that process, outside."""
    doors: Doors
    """The stand-ins' sockets, made in the cell's network."""

    def adopt(self) -> None:
        """The next process that we fork is in the cell, to begin with as one of its processes only.

        So is the one after that, unless another cell adopts it: for our own kind there is no way back.
        """
        kernel.setns(self.keeper, kernel.PID)

    def join(self) -> None:
        """This process, just forked, comes in whole."""
        kernel.setns(self.keeper, _JOINED)

    def kill(self) -> None:
        """End whatever is in it, without waiting for it."""
        with suppress(OSError):
            signal.pidfd_send_signal(self.keeper, signal.SIGKILL)

    def end(self) -> None:
        """End whatever is in it, and wait until the kernel has done so.

        It does so only when a child of ours in there has been buried, which is for us to do.
        """
        self.kill()
        with suppress(OSError):
            watch = select.poll()
            watch.register(self.keeper, select.POLLIN)
            watch.poll(_PATIENCE * 1000)
        self.close()

    def close(self) -> None:
        with suppress(OSError):
            os.close(self.keeper)
        self.doors.close()


class Maker:
    """The warm parent's end of the helper, one for each door to control."""

    def __init__(self, user: int) -> None:
        """Fork the helper. To be called in the jail's root, while this process is small.

        :param user: to whom the folder of a run belongs.
        """
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._asked = False
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self._line.close()
                _Helper(theirs, user).serve()
            finally:
                os._exit(1)
        theirs.close()

    def room(self, size: int, files: int) -> int:
        """A new folder for a new run, in place of the last one; returns a descriptor of it.

        :param size: bytes that all files in it may take.
        :param files: how many there may be.
        :raises OSError: when the helper cannot.
        """
        self._line.send(json.dumps({"room": [size, files]}).encode())
        _, (folder,) = self._heard()
        return folder

    def clear(self) -> None:
        """The run is over: its folder and what was made ahead for it go.

        :raises OSError: when the helper cannot.
        """
        if self._asked:
            self._take().end()
        self._line.send(b'{"clear": true}')
        self._heard()

    def ahead(self) -> None:
        """Have the next cell made while nobody waits for it."""
        if not self._asked:
            self._line.send(b'{"cell": true}')
            self._asked = True

    def cell(self) -> Cell:
        """A cell in which nobody has ever been.

        :raises OSError: when the helper cannot.
        """
        self.ahead()
        return self._take()

    def leave(self) -> None:
        """In a fork: this is not our end."""
        self._line.close()

    def _take(self) -> Cell:
        self._asked = False
        said, (keeper, *doors) = self._heard()
        return Cell(keeper, said["keeper"], Doors.of([socket.socket(fileno=door) for door in doors]))

    def _heard(self) -> tuple[dict[str, Any], list[int]]:
        data, descriptors, _, _ = socket.recv_fds(self._line, _MOST, _DESCRIPTORS)
        said: dict[str, Any] = (
            json.loads(data) if data else {"error": "the helper that makes cells has ended"}
        )
        if "error" in said:
            raise OSError(said["error"])
        return said, descriptors


class _Helper:
    def __init__(self, line: socket.socket, user: int) -> None:
        self._line, self._user = line, user
        # The doors to control are not ours: they would not close when the parent's do.
        os.closerange(3, line.fileno())
        os.closerange(line.fileno() + 1, 1024)
        kernel.unshare(kernel.MNT | kernel.NET)
        kernel.private_mounts()
        # Else all networks of the machine share one, which is as large as its memory allows; the kernel goes through
        # the whole of it whenever control asks for a cell's connections, and once more when the cell ends.
        with suppress(OSError), open(_TABLE[0], "w") as setting:
            setting.write(_TABLE[1])

    def serve(self) -> NoReturn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        # The kernel buries the keepers, who end with us.
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        kernel.die_with_parent()
        while data := self._line.recv(_MOST):
            try:
                match json.loads(data):
                    case {"room": [int(size), int(files)]}:
                        self._room(size, files)
                    case {"cell": True}:
                        self._cell()
                    case {"clear": True}:
                        self._clear()
                        self._line.send(b"{}")
                    case unknown:
                        raise OSError(f"no such word: {unknown}")
            except OSError as error:
                self._line.send(json.dumps({"error": str(error)}).encode())
        os._exit(0)

    @staticmethod
    def _clear() -> None:
        if os.path.ismount(root.ROOMS):
            kernel.umount(root.ROOMS)

    def _room(self, size: int, files: int) -> None:
        self._clear()
        options = f"size={size},nr_inodes={files},mode=755"
        kernel.mount("tmpfs", root.ROOMS, "tmpfs", _NOSUID | _NODEV, options)
        for name in ("dags", "plugins", "private", "private/work", "private/tmp"):
            os.mkdir(f"{root.ROOMS}/{name}")
        for name in ("private/work", "private/tmp"):
            os.chown(f"{root.ROOMS}/{name}", self._user, self._user)
        folder = os.open(root.ROOMS, os.O_RDONLY | os.O_DIRECTORY)
        socket.send_fds(self._line, [b"{}"], [folder])
        os.close(folder)

    def _cell(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pid = kernel.fork(kernel.PID | _JOINED)
        if pid == 0:
            try:
                self._line.close()
                ours.close()
                _Keeper(theirs).keep()
            finally:
                os._exit(1)
        theirs.close()
        data, doors, _, _ = socket.recv_fds(ours, _MOST, _DESCRIPTORS)
        ours.close()
        if not doors:
            raise OSError(f"no cell: {data.decode() or 'its keeper has ended'}")
        keeper = os.pidfd_open(pid)
        socket.send_fds(self._line, [json.dumps({"keeper": pid}).encode()], [keeper, *doors])
        for descriptor in (keeper, *doors):
            os.close(descriptor)


class _Keeper:
    """The first process of a cell: it furnishes it, and then buries whoever ends there."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    def keep(self) -> NoReturn:
        # From inside, the first process of a namespace gets no signal but those that it handles.
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_DFL)
        kernel.die_with_parent()
        # Whoever is to join this process's namespaces must be allowed to look at it. The learner is another user, or
        # in a user namespace below this one, and is not.
        kernel.dumpable(True)
        try:
            kernel.lo_up()
            socket.sethostname(root.HOST)
            self._furnish()
            doors = open_doors()
        except OSError as error:
            self._line.send(str(error).encode())
            os._exit(1)
        socket.send_fds(self._line, [b"{}"], [door.fileno() for door in doors.sockets])
        self._line.close()
        doors.close()
        kernel.drop_capabilities()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        while True:
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            signal.sigwait({signal.SIGCHLD})

    @staticmethod
    def _furnish() -> None:
        kernel.mount("proc", "/proc", "proc", _NOSUID | _NODEV | _NOEXEC)
        kernel.mount("tmpfs", "/dev/shm", "tmpfs", _NOSUID | _NODEV, _SHARED_MEMORY)
        room = root.ROOMS
        for name, place in (("dags", "dags"), ("plugins", "plugins")):
            kernel.bind(f"{room}/{name}", f"/jail/{place}")
        kernel.bind(f"{room}/private/work", "/jail/work", writable=True)
        kernel.bind(f"{room}/private/tmp", "/tmp", writable=True)
        kernel.umount(room)
        for hidden in root.HIDDEN:
            root.uncover(hidden)
