"""The watch over a run's limits: looked at from outside while its children are served, whatever they say.

It looks every 50 milliseconds, or it would cost more than what it looks at. What is taken between two looks is seen
at the second, so a limit is not the last byte that a run may have: it is where the run ends.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Literal

from autograder.control import processes
from autograder.control.processes import Process
from autograder.limits import Limit, Limits, size

__all__ = ["LimitReached", "Watch"]

_EVERY = 0.05
_SELDOM = 0.5
_SHARE = 9
"""How many times as long as a look has taken the next one waits: it takes a tenth of the time."""
_KINDS = {"slack": "Slack messages", "posts": "requests to the endpoint", "wrong_keys": "wrong keys"}
_PATIENCE = 0.05
"""Seconds to ask the kernel for shares of memory: with many processes, and the machine busy, it would take for ever."""
_BLOCK = 512
"""Bytes of a block, as ``stat`` counts them wherever there are any."""


class LimitReached(BaseException):
    """The run has used up one of its limits. Passes through Airflow's code, which goes on after any ``Exception``."""

    def __init__(self, limit: Limit, what: str = "") -> None:
        super().__init__(limit)
        self.limit = limit
        self.what = what
        """Of ``mails``: how many of what."""


class Watch:
    """One per run.

    :param folder: what the run's processes may write to.
    :param outside: a folder that is no part of the run: where both are on one file system, files are counted.
    :param below: the host's pids below which all processes of the run are; asked again and again.
    :param own: which of these, and of those below them, are the grader's own.
    :param delivered: the kinds of deliveries of which there were more than the limit says, each with that number.
    """

    def __init__(
        self,
        limits: Limits,
        folder: Path,
        outside: Path,
        below: Callable[[], Collection[int]] = list,
        own: Callable[[], Collection[int]] = list,
        delivered: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        self._limits, self._folder = limits, folder
        self._files = _Files(folder, outside)
        self._below, self._own, self._delivered = below, own, delivered
        self._servers: set[int] = set()
        """Who forks the run's processes, and buries them."""
        self._computing = _Computing()
        self._memory = _Memory()
        self._next = self._next_files = 0.0

    def follow(self, pid: int) -> None:
        """A process of the run has been forked just now."""
        server = processes.parent_of(pid)
        if server is None or server in self._servers:
            return
        self._servers.add(server)
        self._memory.inherited = processes.sizes(server).private

    def look(self, *, thorough: bool = False) -> None:
        """See what the run uses now, unless that was seen a moment ago.

        :param thorough: look at all of it, however long ago it was looked at.
        :raises LimitReached: when it is too much.
        """
        for kind, most in self._delivered().items():
            raise LimitReached("mails", _deliveries(kind, most))
        now = time.monotonic()
        if now >= self._next or thorough:
            self._look_at_processes()
            self._next = _after(now, _EVERY)
        if now >= self._next_files or thorough:
            began = time.monotonic()
            self._look_at_files()
            self._next_files = _after(began, _EVERY)

    def _look_at_processes(self) -> None:
        roots = {*self._servers, *self._below()}
        own = {*self._servers, *self._own()}
        found = processes.tree(roots)
        theirs = [process for process in found if process.pid not in own]
        if sum(process.threads for process in theirs) > self._limits.processes:
            raise LimitReached("processes")
        if self._computing.add(found, roots, own) > self._limits.computing:
            raise LimitReached("cpu")
        if self._memory.taken(theirs, self._servers, self._limits.memory) > self._limits.memory:
            raise LimitReached("memory")

    def _look_at_files(self) -> None:
        taken, number, full = self._files.used(self._limits.files)
        if taken > self._limits.disk or full == "disk":
            raise LimitReached("disk")
        if number > self._limits.files or full == "files":
            raise LimitReached("files")


def _deliveries(kind: str, most: int) -> str:
    """``50 Slack messages``."""
    return f"{size(most)} of deliveries" if kind == "bytes" else f"{most} {_KINDS.get(kind, kind)}"


def _after(began: float, least: float) -> float:
    """When to look again, after a look that began then and is over now."""
    now = time.monotonic()
    return now + min(max(least, _SHARE * (now - began)), _SELDOM)


class _Computing:
    """What all processes of a run have computed, those included that are gone."""

    def __init__(self) -> None:
        self._gone = 0.0
        self._last: dict[int, Process] = {}
        self._ever: dict[tuple[int, int], float] = {}
        """Of each process that was seen: who does not bury his children hides what they have computed."""

    def add(self, found: list[Process], roots: set[int], own: set[int]) -> float:
        """Seconds of computing so far.

        :param roots: who buries the run's processes, and those of all other runs.
        """
        here = {process.pid: process for process in found if process.pid not in roots}
        for pid, process in self._last.items():
            if (pid not in here or here[pid].started != process.started) and self._unburied(process, here):
                self._gone += _seconds(process, own)
        self._last = here
        for pid, process in here.items():
            if pid not in own:
                self._ever[pid, process.started] = process.computed
        alive = sum(_seconds(process, own) for process in here.values())
        return max(self._gone + alive, sum(self._ever.values()))

    def _unburied(self, process: Process, here: dict[int, Process]) -> bool:
        """Whether none of the living has, by burying it, what a process that is gone has computed."""
        for _ in self._last:
            if process.parent in here:
                return False
            if process.parent not in self._last:
                break
            process = self._last[process.parent]
        return True


def _seconds(process: Process, own: set[int]) -> float:
    return process.buried + (0.0 if process.pid in own else process.computed)


class _Memory:
    """What the processes of a run have in memory, beyond what they have from the warm parent."""

    def __init__(self) -> None:
        self.inherited = 0
        """Bytes that a process has when it is forked."""
        self._shares: dict[int, tuple[Process, int]] = {}
        self._offspring: frozenset[int] = frozenset()

    def taken(self, found: list[Process], servers: set[int], limit: int) -> int:
        """Bytes: up to the limit an estimate, which is too high and cheap; beyond it, what the kernel says."""
        here = {process.pid: processes.sizes(process.pid) for process in found}
        most = sum(sizes.private + sizes.shared for sizes in here.values()) - self._inherited_by(len(found))
        if most <= limit:
            return most
        # Whoever was started by one of these shares memory with it, and no longer when it is gone.
        offspring = frozenset(process.pid for process in found if process.parent not in servers)
        known = self._shares if offspring == self._offspring else {}
        self._offspring = offspring
        self._shares = {}
        total = 0
        until = time.monotonic() + _PATIENCE
        for process in found:
            before, share = known.get(process.pid, (None, None))
            if (before is None or _moved(before, process)) and time.monotonic() < until:
                before, share = process, processes.share(process.pid)
            if before is None or share is None:
                sizes = here[process.pid]
                total += max(sizes.private - self.inherited, 0) + sizes.shared
            else:
                self._shares[process.pid] = (before, share)
                total += share
        return total - self._inherited_by(len(self._shares))

    def _inherited_by(self, number: int) -> int:
        """Bytes of the warm parent's that so many processes share with it, and with each other, evenly."""
        return self.inherited * number // (number + 1)


def _moved(before: Process, now: Process) -> bool:
    """Whether a process may have other memory than before: it has touched some, or it has run."""
    return (before.started, before.faults, before.computed) != (now.started, now.faults, now.computed)


class _Files:
    """What a run has on disk, beyond what was there to begin with."""

    def __init__(self, folder: Path, outside: Path) -> None:
        self._folder = folder
        self._alone = os.stat(folder).st_dev != os.stat(outside).st_dev
        """Whether the folder is a file system of its own."""
        self._before = (0, 0)
        taken, number, _ = self.used(1 << 30)
        self._before = (taken, number)

    def used(self, most: int) -> tuple[int, int, Literal["disk", "files"] | None]:
        """Bytes, files and folders, and what there is no more room for.

        :param most: files to count, at most; one more is too many.
        """
        full: Literal["disk", "files"] | None = None
        if self._alone:
            status = os.statvfs(self._folder)
            taken = (status.f_blocks - status.f_bfree) * status.f_frsize
            number = status.f_files - status.f_ffree
            if not status.f_bfree:
                full = "disk"
            elif not status.f_ffree and status.f_files:
                full = "files"
        else:
            taken, number = _counted(self._folder, most + self._before[1])
        return taken - self._before[0], number - self._before[1], full


def _counted(folder: Path, most: int) -> tuple[int, int]:
    """Bytes, and files and folders, of all that is below a folder; what cannot be entered counts as one."""
    taken = number = 0
    todo = [os.fspath(folder)]
    while todo and number <= most:
        try:
            entries = os.scandir(todo.pop())
        except OSError:
            continue
        with entries:
            for entry in entries:
                number += 1
                if number > most:
                    break
                try:
                    status = entry.stat(follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
                except OSError:
                    continue
                taken += status.st_blocks * _BLOCK
    return taken, number
