"""The stack's processes: started in sessions of their own, marked, and all found again to be ended."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]

__all__ = ["MARK", "Component", "Warden", "outlasting", "sweep"]

MARK = "AUTOGRADER_STACK"
"""The environment variable by which a process, and all that it starts, is known to belong to a stack."""

TAIL_BYTES = 16_000
TAIL_LINES = 25


class Component:
    """One of Airflow's processes. What it says goes to a file, begun anew at each start."""

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, command: Sequence[str], environment: Mapping[str, str], inherited: Sequence[int]) -> None:
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.log.parent,
                start_new_session=True,
                pass_fds=inherited,
            )

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    @property
    def ending(self) -> str | None:
        """How it ended, in words; None while it lives."""
        code = None if self._process is None else self._process.poll()
        if code is None:
            return None
        return f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"

    def terminate(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait(self, until: float) -> bool:
        """Wait until it has ended, or ``time.monotonic()`` says it is too late. False: it is still there."""
        if self._process is not None:
            try:
                self._process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                return False
        return True

    def last_words(self) -> list[str]:
        """The last lines of its log."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, self.log.stat().st_size - TAIL_BYTES))
                return file.read().decode("utf-8", "replace").rstrip().splitlines()[-TAIL_LINES:]
        except OSError:
            return []


class Warden:
    """A process that waits for us to end, however we end, and then ends what we have left behind."""

    def __init__(self, mark: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "autograder.stack.warden", mark],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def close(self) -> None:
        """We are done: it may look around once more, and go."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def sweep(mark: str, patience: float) -> int:
    """End every process that carries the mark; after ``patience`` seconds, by force. How many there were."""
    found = _marked(mark)
    for process in found:
        _signal(process, force=False)
    alive = outlasting(found, patience)
    deadline = time.monotonic() + 5.0
    while alive and time.monotonic() < deadline:
        for process in alive:
            _signal(process, force=True)
        outlasting(alive, 1.0)
        # Whoever was being started while we looked is seen at the next look.
        alive = _marked(mark)
    return len(found)


def outlasting(processes: Iterable[psutil.Process], patience: float) -> list[psutil.Process]:
    """Those that still run after so many seconds; earlier, when none does.

    Who has ended and is not buried yet does not run: the system's first process may be slow to bury strangers.
    """
    deadline = time.monotonic() + patience
    while alive := [process for process in processes if _runs(process)]:
        if time.monotonic() >= deadline:
            break
        time.sleep(0.02)
    return alive


def _runs(process: psutil.Process) -> bool:
    try:
        # A process of several threads whose first has ended is called a zombie, too.
        unburied = process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1
        return bool(process.is_running()) and not unburied
    except psutil.Error:
        return False


def _marked(mark: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(MARK) == mark:
                found.append(process)
        except (psutil.Error, OSError):
            continue  # gone meanwhile, or somebody else's
    return found


def _signal(process: psutil.Process, *, force: bool) -> None:
    with suppress(psutil.Error):
        process.kill() if force else process.terminate()
