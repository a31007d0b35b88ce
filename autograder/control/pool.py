"""Control processes, seen from the command line: jobs go in, stored evidence comes out, in any order."""

from __future__ import annotations

import math
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from types import TracebackType

from autograder.airflow33 import database, environ
from autograder.control import parent
from autograder.control.host import READY
from autograder.control.job import Done, Job
from autograder.control.parent import LayerRefused
from autograder.control.scratch import Scratch
from autograder.evidence import Problem

__all__ = ["Pool"]

_PROGRAM = ("-m", "autograder.control")
_PATIENCE = 2.0
"""Seconds that a check which was given up may take to end."""
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_TRIES = 2
"""A scenario whose control process died is run once more in a new one, then is our fault."""
_LATE = "The control process did not end a scenario in its time."
_MARGIN = 120.0
"""Seconds beyond a scenario's wall after which its control process is taken for dead, starting included."""


class _Worker:
    """The line to one control process."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        self.job: Job | None = None
        self.tries = 0
        """How many times this job was begun."""
        self.until = math.inf
        """When (``time.monotonic``) its job is over, if all is well."""
        self.ready = False
        self._rest = b""

    def give(self, job: Job, tries: int) -> None:
        self.job, self.tries = job, tries
        self.until = time.monotonic() + job.limits.wall + _MARGIN
        self.line.sendall(job.model_dump_json().encode() + b"\n")

    def hear(self) -> Done | None:
        """What it says now, if that is a whole line; a problem without a name is its own end."""
        try:
            data = self.line.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            return Done(name="", problem=Problem(title="The control process ended without a word."))
        # All of it: nobody looks here again before more arrives.
        *lines, self._rest = (self._rest + data).split(b"\n")
        done = None
        for line in lines:
            if line == READY:
                self.ready = True
            else:
                done = Done.model_validate_json(line)
        return done


class _Host:
    """A host process, the warm parent beside it, and the lines to the control processes."""

    def __init__(self, count: int, template: Path, program: Sequence[str], layer: str | None) -> None:
        self._folder = Scratch()
        self.scratch = self._folder.path
        # Another user may pass through, to the folders of runs, and see nothing.
        self.scratch.chmod(0o711)
        home = self.scratch / "home"
        home.mkdir()
        lines = [socket.socketpair() for _ in range(count)]
        doors = [socket.socketpair() for _ in range(count)]
        # The parent first: it is what the first verdict waits for longest.
        self.parent = parent.execute([theirs for _, theirs in doors], self.scratch, layer)
        inherited = [theirs.fileno() for _, theirs in lines] + [ours.fileno() for ours, _ in doors]
        self._log = (self.scratch / "host.log").open("wb")
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-s",
                *program,
                str(template),
                str(self.scratch),
                *map(str, inherited),
            ],
            env=environ.for_control(home, self.scratch / "unused.db"),
            pass_fds=inherited,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        for ours, theirs in doors:
            ours.close()
            theirs.close()
        for _, theirs in lines:
            theirs.close()
        self.workers = [_Worker(ours) for ours, _ in lines]

    def said(self) -> str:
        """The end of what its processes wrote on standard error."""
        texts = []
        for name in ("host.log", "parent.log"):
            path = self.scratch / name
            if path.exists():
                texts.append(path.read_text(errors="replace")[-3000:])
        return "\n".join(text for text in texts if text.strip())

    def close(self) -> None:
        """End both at once: no signal disturbs this, for whoever is impatient interrupts twice."""
        with _undisturbed():
            for worker in self.workers:
                worker.line.close()
            # The trusted side has nothing to put in order. With it the doors close, on which the warm parent ends
            # what runs below it; while it still imports, and so has nothing below it, it ends by the signal.
            _signal(self.process, signal.SIGKILL)
            _signal(self.parent, signal.SIGTERM)
            for process in (self.process, self.parent):
                try:
                    process.wait(_PATIENCE)
                except subprocess.TimeoutExpired:
                    _signal(process, signal.SIGKILL)
                    process.wait()
            self._log.close()
            self._folder.remove()


def _lost(job: Job, fault: Problem) -> Done:
    return Done(name=job.name, destination=job.destination, problem=fault)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals that would end the command wait until this is done.

    Blocking them would not do: another thread takes them, and Python's handler runs in this one all the same.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.signal(number, lambda n, _: came.append(n)) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
        if came:
            signal.raise_signal(came[0])


class Pool:
    """Control processes that run scenarios side by side. Warm as long as it is open.

    :param jobs: how many scenarios run at a time.
    :param cache: where the migrated template of the database is kept.
    :param program: what the interpreter is told to run as the trusted side.
    :param layer: the letter of the jail's layer (``autograder.jail.layers``); unless given, what ``AUTOGRADER_LAYER``
        says, or the best one there is.
    """

    def __init__(
        self, jobs: int = 2, *, cache: Path, program: Sequence[str] = _PROGRAM, layer: str | None = None
    ) -> None:
        self._count, self._cache, self._program = max(1, jobs), cache, program
        self._layer = layer or os.environ.get("AUTOGRADER_LAYER")
        self._host: _Host | None = None
        self._doubted = False
        """Whether one of its processes is not what it was: nothing new is begun, and it is replaced."""
        self._unborn = 0
        """How many hosts in a row ended before any of their control processes was ready."""

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Begin to start the processes, without waiting for them.

        :raises RuntimeError: when Airflow cannot make its database, with what it said.
        """
        if self._host is None:
            template = database.template(self._cache)
            with _undisturbed():
                self._host = _Host(self._count, template, self._program, self._layer)

    def run(self, jobs: Iterable[Job]) -> Iterator[Done]:
        """Run these scenarios, each of which is asked for when its turn comes; yield each as soon as its evidence is
        stored.

        Closed before its end, it waits a moment for what still runs, so that the pool stays warm, and then ends it:
        nobody wants it any more. Interrupted, it ends at once.
        """
        try:
            yield from self._run(jobs)
        except GeneratorExit:
            self._settle()
            raise
        except BaseException:
            self.close()
            raise

    def _settle(self) -> None:
        """Hear the end of what still runs, so that the pool stays warm; if that takes long, end it."""
        until = time.monotonic() + _PATIENCE
        while self._busy() and self._host is not None:
            ready = self._ready(self._host, until - time.monotonic())
            for worker in ready:
                done = worker.hear()
                if done is not None and done.name:
                    worker.job = None
                elif done is not None:
                    self.close()
                    return
            if not ready:
                self.close()

    def _run(self, jobs: Iterable[Job]) -> Iterator[Done]:
        coming, waiting = iter(jobs), deque[tuple[Job, int]]()
        while self._waits(waiting, coming) or self._busy():
            if self._doubted and not self._busy():
                self.close()
            self.start()
            host = self._host
            assert host is not None
            self._hand_out(waiting, coming, host)
            died = False
            until = min(worker.until for worker in host.workers if worker.job is not None)
            ready = self._ready(host, until - time.monotonic())
            for worker in ready or [w for w in host.workers if w.job is not None and w.until == until]:
                done = worker.hear() if ready else Done(name="", problem=Problem(title=_LATE))
                lost = worker.job
                if done is None:
                    continue
                if done.refused is not None:
                    self.close()
                    raise LayerRefused(done.refused)
                self._doubted |= bool(done.doubt)
                if done.name:
                    worker.job = None
                    # First: whoever hears of it has something to do now, and takes that time.
                    self._hand_out(waiting, coming, host)
                    yield done
                    continue
                died = True
                fault = self._fault(done)
                if lost is not None:
                    worker.job = None
                    if worker.tries < _TRIES:
                        waiting.appendleft((lost, worker.tries + 1))
                    else:
                        yield _lost(lost, fault)
            if died:
                for worker in host.workers:
                    if worker.job is not None:
                        waiting.appendleft((worker.job, worker.tries))
                self._unborn = 0 if any(worker.ready for worker in host.workers) else self._unborn + 1
                self.close()
                if self._unborn >= _TRIES:
                    # It is not this scenario: nothing runs here at all.
                    yield from (_lost(job, fault) for job in (*(job for job, _ in waiting), *coming))
                    return

    @staticmethod
    def _waits(waiting: deque[tuple[Job, int]], coming: Iterator[Job]) -> bool:
        """Whether there is something to run; asked for now, unless it is a scenario whose process died."""
        if not waiting:
            waiting.extend((job, 1) for job in islice(coming, 1))
        return bool(waiting)

    def _hand_out(self, waiting: deque[tuple[Job, int]], coming: Iterator[Job], host: _Host) -> None:
        """Give whoever has none a job."""
        for worker in host.workers:
            if worker.job is None and not self._doubted and self._waits(waiting, coming):
                try:
                    worker.give(*waiting.popleft())
                except OSError:
                    continue  # heard of when its line is read

    @property
    def pids(self) -> tuple[int, int]:
        """The host and the warm parent, below which all of the pool's processes are, for those who measure them.

        :raises RuntimeError: when the pool is not started.
        """
        if self._host is None:
            raise RuntimeError("the pool is not started")
        return self._host.process.pid, self._host.parent.pid

    def close(self) -> None:
        """End every process and leave nothing behind."""
        host, self._host = self._host, None
        self._doubted = False
        if host is not None:
            host.close()

    def _busy(self) -> bool:
        return self._host is not None and any(worker.job for worker in self._host.workers)

    @staticmethod
    def _ready(host: _Host, patience: float | None = None) -> list[_Worker]:
        with selectors.DefaultSelector() as selector:
            for worker in host.workers:
                if worker.job is not None:
                    selector.register(worker.line, selectors.EVENT_READ, worker)
            return [key.data for key, _ in selector.select(patience)] if selector.get_map() else []

    def _fault(self, done: Done) -> Problem:
        problem = done.problem or Problem(title="The control process failed.")
        said = self._host.said() if self._host is not None else ""
        return problem.model_copy(
            update={
                "title": f"{problem.title} This is a fault of the grader, not of your answer.",
                "advice": "Run it again; if it stays, report it with `--traceback full`.",
                "full_traceback": "\n".join(part for part in (problem.full_traceback, said) if part),
            }
        )
