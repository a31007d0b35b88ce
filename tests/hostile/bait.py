"""What is laid out for a hostile submission: things it must not read, and addresses that it must not reach."""

from __future__ import annotations

import os
import secrets
import selectors
import socket
import threading
from pathlib import Path
from types import TracebackType

from autograder.jail.doors import open_elsewhere

__all__ = ["Bait"]


class Bait:
    """A secret in readable files, and listeners in the machine's own network, who remember every visitor.

    :param folder: a folder that anybody may enter; the files and one listener are made in it.
    :param owner: whose all this is: the user's who grades.
    """

    def __init__(self, folder: Path, owner: int) -> None:
        self.secret = f"canary-{secrets.token_hex(16)}"
        """Nobody but us, the driver's environment and the files below has it: in evidence it proves a hole."""
        self.files = {
            "solution": folder / "solutions" / "dag.py",
            "checks": folder / "exercises" / "checks.py",
            "neighbour": folder / "submissions" / "somebody-else" / "dag.py",
        }
        for path in self.files.values():
            path.parent.mkdir(parents=True)
            path.write_text(f"SECRET = {self.secret!r}\n")
        self.writable = folder / "writable"
        self.writable.mkdir()
        # Readable and writable on purpose: not the rights of files protect them, but the jail.
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o777 if path.is_dir() else 0o666)
            if owner != os.geteuid():
                os.chown(path, owner, owner)
        self._marks: dict[str, tuple[object, ...]] = {name: _mark(path) for name, path in self.files.items()}
        self._visitors: list[str] = []
        self._tcp = open_elsewhere()
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self._path = folder / "listens"
        self._unix = socket.socket(socket.AF_UNIX)
        self._unix.bind(str(self._path))
        self._path.chmod(0o777)
        self._unix.listen()
        self._name = f"autograder-bait-{secrets.token_hex(4)}"
        self._abstract = socket.socket(socket.AF_UNIX)
        self._abstract.bind(f"\0{self._name}")
        self._abstract.listen()
        self._ended, self._end = socket.socketpair()
        self._watch = threading.Thread(target=self._receive, daemon=True)
        self._watch.start()

    def __enter__(self) -> Bait:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.close()
        self._watch.join()
        for each in (self._tcp, self._udp, self._unix, self._abstract, self._ended):
            each.close()

    @property
    def targets(self) -> dict[str, object]:
        """Where all this is, for those who are to try it: everything but the secret."""
        return {
            "files": [str(path) for path in self.files.values()],
            "writable": str(self.writable),
            "tcp": self._tcp.getsockname()[1],
            "udp": self._udp.getsockname()[1],
            "unix": str(self._path),
            "abstract": self._name,
        }

    def visited(self) -> list[str]:
        """Who reached what since the last time, a sentence each; files that are not as they were, too."""
        visitors, self._visitors = self._visitors, []
        for name, path in self.files.items():
            if not path.exists() or _mark(path) != self._marks[name]:
                visitors.append(f"the file of the {name} was changed")
                self._marks[name] = _mark(path) if path.exists() else ()
        return visitors + [f"{name} was written to a folder outside" for name in os.listdir(self.writable)]

    def _receive(self) -> None:
        names = {
            self._tcp: "a TCP port of this machine was reached",
            self._udp: "a UDP port of this machine was reached",
            self._unix: "a socket in a folder of this machine was reached",
            self._abstract: "an abstract socket of this machine was reached",
        }
        with selectors.DefaultSelector() as selector:
            for each in (*names, self._ended):
                selector.register(each, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self._ended:
                        return
                    arrived = key.fileobj
                    assert isinstance(arrived, socket.socket)
                    if arrived is self._udp:
                        arrived.recv(4096)
                    else:
                        arrived.accept()[0].close()
                    self._visitors.append(names[arrived])


def _mark(path: Path) -> tuple[object, ...]:
    """What changes with a file, if only its rights or dates."""
    status = path.stat()
    return (
        status.st_mode,
        status.st_uid,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        path.read_text(),
    )
