"""Which was first, a printed line or a logged one? They take different channels, so each log line says.

Before it stands how many lines had been printed on standard output and on standard error until then.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

__all__ = ["Counted", "Stamped"]


class _Through(io.RawIOBase):
    """An unbuffered file that passes on what is written."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return int(self._raw.fileno())

    @property
    def name(self) -> Any:
        """As every file has it, and ``sys.stdout`` takes it from here."""
        return self._raw.name


class Counted(_Through):
    """Standard output or error; counts its lines."""

    lines = 0

    def write(self, data: Any) -> int:
        written = int(self._raw.write(data) or 0)
        self.lines += bytes(data[:written]).count(b"\n")
        return written


class Stamped(_Through):
    """The log channel; what is written at once is a line."""

    def __init__(self, raw: Any, printed: Sequence[Counted]) -> None:
        super().__init__(raw)
        self._printed = printed

    def write(self, data: Any) -> int:
        stamp = " ".join(str(each.lines) for each in self._printed)
        left = memoryview(stamp.encode() + b" " + data)
        while left:
            left = left[int(self._raw.write(left) or 0) :]
        return len(data)
