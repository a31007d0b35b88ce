"""A child's side channel to control: it waits there when it sleeps, and says there what its callbacks do.

Frames are a four-byte length and JSON. Each is answered with the virtual time, so a child that has said something
goes on only when control has seen all that was said and sent before.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from typing import Any

__all__ = ["SideChannel"]


class SideChannel:
    def __init__(self, door: socket.socket) -> None:
        self._door = door
        self._lock = threading.RLock()
        self.talking = False
        """Whether somebody waits for an answer."""

    def ask(self, *words: Any) -> int | None:
        """Say something and wait for the answer: the virtual time in nanoseconds, or None when control is gone."""
        now = self.fetch(*words)
        return None if now is None else int(now)

    def fetch(self, *words: Any) -> Any:
        """Say something and wait for what control has for us; None also when control is gone."""
        with self._lock:
            self.talking = True
            try:
                return self._received() if self.tell(*words) else None
            finally:
                self.talking = False

    def tell(self, *words: Any) -> bool:
        """Say something that is not answered. False when control is gone."""
        body = json.dumps(words, default=str).encode()
        try:
            self._door.sendall(len(body).to_bytes(4, "big") + body)
        except OSError:
            return False
        return True

    def answer(self) -> int | None:
        now = self._received()
        return None if now is None else int(now)

    def _received(self) -> Any:
        header = self._exactly(4)
        body = self._exactly(int.from_bytes(header, "big")) if header else None
        return json.loads(body) if body else None

    def _exactly(self, count: int) -> bytes | None:
        data = b""
        while len(data) < count:
            try:
                # Not ``recv``, which would wait in virtual time.
                chunk = os.read(self._door.fileno(), count - len(data))
            except OSError:
                return None
            if not chunk:
                return None
            data += chunk
        return data
