"""Lines of a child that came on three channels, put into the order in which they were written.

The child says with each line of its log how many lines it had printed before (``autograder.jail.printed``). Whoever
lies there changes the order of his own lines.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator

from autograder.evidence import Channel

__all__ = ["Heard"]

_STAMP = re.compile(rb"(\d{1,9}) (\d{1,9}) ")


class Heard:
    """Lines that have arrived and are not told yet."""

    def __init__(self) -> None:
        self._logged: deque[bytes] = deque()
        self._printed: dict[Channel, deque[bytes]] = {"stdout": deque(), "stderr": deque()}
        self._told: dict[Channel, int] = {"stdout": 0, "stderr": 0}

    def add(self, channel: Channel, line: bytes) -> None:
        (self._logged if channel == "log" else self._printed[channel]).append(line)

    def in_order(self) -> Iterator[tuple[Channel, bytes]]:
        """All of them, and there are none any more."""
        while self._logged:
            line = self._logged.popleft()
            if stamp := _STAMP.match(line):
                for channel, before in zip(self._printed, stamp.groups(), strict=True):
                    yield from self._up_to(channel, int(before))
                line = line[stamp.end() :]
            yield "log", line
        for channel in self._printed:
            yield from self._up_to(channel, None)

    def _up_to(self, channel: Channel, count: int | None) -> Iterator[tuple[Channel, bytes]]:
        waiting = self._printed[channel]
        while waiting and (count is None or self._told[channel] < count):
            self._told[channel] += 1
            yield channel, waiting.popleft()
