"""The course's pages, built by a process of their own while the server is already answering."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

from autograder.course import Course

__all__ = ["Site"]


_PAUSE = 5.0
"""Seconds between two attempts: whoever mends a page sees it after a reload, and no reload starts a storm."""


class Site:
    """Where the built pages are.

    ``root``: their folder; None until they are there. ``failed``: why they could not be made; None unless it is so.
    """

    def __init__(self, course: Course) -> None:
        self.course = course
        self.root: Path | None = None
        self.failed: str | None = None
        self._build: subprocess.Popen[str] | None = None
        self._ended = 0.0

    def start(self) -> None:
        named = {"AUTOGRADER_COURSE": str(self.course.root), "AUTOGRADER_WORK": str(self.course.work)}
        self.failed = None
        self._build = subprocess.Popen(
            [sys.executable, "-m", "autograder.study.building"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **named},
        )

    async def wait(self) -> None:
        """Until the pages are there, or cannot be made."""
        assert self._build is not None
        said, why = await asyncio.to_thread(self._build.communicate)
        self._ended = time.monotonic()
        if self._build.returncode == 0:
            self.root = Path(said.strip().splitlines()[-1])
        else:
            self.failed = why.strip() or f"The builder ended with exit code {self._build.returncode}."

    def again(self) -> bool:
        """Start another attempt, unless one has only just failed."""
        if time.monotonic() - self._ended < _PAUSE:
            return False
        self.start()
        return True
