"""Which server is running for a work folder: there is never more than one."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

__all__ = ["Running", "claim"]

_PATIENCE = 15.0
"""Seconds that a server which has just been started may take until it says where it is."""


@dataclass(frozen=True)
class Running:
    """A server that answers. ``url`` ends with its base URL."""

    url: str
    token: str
    pid: int
    ticket: str
    """Lets one browser in, once."""

    def entry(self, path: str) -> str:
        """What a browser is started with. Every user of the machine can read that: by then it is worth nothing."""
        return f"{self.url}study/enter/{self.ticket}/{path}"

    def address(self, path: str = "course/") -> str:
        """What to open in a browser. ``path`` is relative to the base URL."""
        mark = "&" if "?" in path else "?"
        return f"{self.url}{path}{mark}token={quote(self.token, safe='')}"


class Claim:
    """The right to be the server of a work folder, held until the process ends."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def announce(self, running: Running) -> None:
        """Say where the server is. Only its owner can read that: it holds the token."""
        part = self._file.with_name(f".{self._file.name}.part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(running), file)
        part.replace(self._file)

    def withdraw(self) -> None:
        self._file.unlink(missing_ok=True)


@contextmanager
def claim(state: Path) -> Iterator[Claim | Running]:
    """The right to be the server, or the server that has it.

    :raises TimeoutError: when another process has it and does not say where it is.
    """
    state.mkdir(parents=True, exist_ok=True)
    state.chmod(0o700)
    file = state / "server.json"
    with (state / "lock").open("a") as lock:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                # The system gives it back when the process is gone, whatever ended it.
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if running := _read(file):
                    yield running
                    return
            except OSError as error:
                # A home on a network may know no locks: then each start has a server of its own.
                if error.errno not in (errno.ENOLCK, errno.EOPNOTSUPP):
                    raise
                yield Claim(file)
                return
            else:
                made = Claim(file)
                made.withdraw()
                try:
                    yield made
                finally:
                    made.withdraw()
                return
            if time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(0.1)


def _read(file: Path) -> Running | None:
    with suppress(OSError, ValueError, TypeError):
        return Running(**json.loads(file.read_text(encoding="utf-8")))
    return None
