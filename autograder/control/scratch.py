"""A private folder for one host's processes, in memory where the system has such a place, and its removal."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

__all__ = ["Scratch", "remove"]

_MEMORY = Path("/dev/shm")
_PREFIX = "autograder-"
_OWNER = ".owner"


class Scratch:
    """A new folder, locked as long as its maker lives: a lock that is free tells of a maker that was killed."""

    def __init__(self) -> None:
        base = _MEMORY if os.access(_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
        _sweep(base)
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
        # Locked before it has its name, so that no other command takes it for one that was left behind.
        early = self.path / f"{_OWNER}.part"
        self._lock = os.open(early, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        early.rename(self.path / _OWNER)

    def remove(self) -> None:
        remove(self.path)
        os.close(self._lock)


def remove(folder: Path) -> None:
    """Remove a folder and everything in it, as deep and as closed as a learner's code may have made it."""
    with suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        # Too deep for Python, with folders in it that may not be listed, or something was written just now.
        for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            subprocess.run([*command, "--", folder], stderr=subprocess.DEVNULL, check=False)


def _sweep(base: Path) -> None:
    """Remove what commands that were killed have left there."""
    for owner in base.glob(f"{_PREFIX}*/{_OWNER}"):
        try:
            lock = os.open(owner, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        else:
            remove(owner.parent)
        finally:
            os.close(lock)
