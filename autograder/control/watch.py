"""The watch over a run's limits: looked at from outside while its children are served, whatever they say.

It looks every 50 milliseconds, or it would cost more than what it looks at. What is taken between two looks is seen
at the second, so a limit is not the last byte that a run may have: it is where the run ends.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

from autograder.control import processes
from autograder.control.processes import Process, Sizes
from autograder.jail.tree import parent_of
from autograder.limits import Limit, Limits, size

__all__ = ["LimitReached", "Watch"]

_OWN_MEMORY = 20 << 20
"""Bytes that a child of Airflow's has of its own before any of the learner's code; they do not count. Nor does one
thread of each, which keeps its clock."""
_EVERY = 0.05
_SELDOM = 0.5
_SHARE = 9
"""How many times as long as a look has taken the next one waits: it takes a tenth of the time."""
_KINDS = {"slack": "Slack messages", "posts": "requests to the endpoint", "wrong_keys": "wrong keys"}
_LONG = 3000
"""Bytes of a path, to which a name can be added before it is one that no system takes."""
_PATIENCE = 0.05
"""Seconds to ask the kernel for shares of memory: with many processes, and the machine busy, it would take for ever."""


_HIDDEN = 1.0
"""Seconds for which files must be hidden before what has come to the disk is held against a run."""


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
    :param spent: seconds of computing by those children that were followed and have ended.
    :param delivered: the kinds of deliveries of which there were more than the limit says, each with that number.
    """

    def __init__(
        self,
        limits: Limits,
        folder: Path,
        outside: Path,
        below: Callable[[], Collection[int]] = list,
        own: Callable[[], Collection[int]] = list,
        spent: Callable[[], float] = float,
        delivered: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        self._limits, self._folder = limits, folder
        self._files = _Files(folder, outside)
        self._below, self._own, self._spent, self._delivered = below, own, spent, delivered
        self._servers: set[int] = set()
        """Who forks the run's processes, and buries them."""
        self._computing = _Computing()
        self._memory = _Memory()
        self._alive: list[int] = []
        self._next = self._next_files = 0.0

    def follow(self, pid: int) -> None:
        """A child of the run has been forked just now."""
        self._computing.told_of.add(pid)
        server = parent_of(pid)
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
        helpers = own & roots - self._servers
        found = processes.tree(roots)
        # A helper's children are ours as well: first processes of cells that nobody has entered yet.
        own |= {process.pid for process in found if process.parent in helpers}
        theirs = [process for process in found if process.pid not in own]
        self._alive = [process.pid for process in theirs]
        children = sum(process.parent in self._servers for process in theirs)
        if sum(process.threads for process in theirs) - children > self._limits.processes:
            raise LimitReached("processes")
        if self._computing.add(found, roots, own, self._spent()) > self._limits.computing:
            raise LimitReached("cpu")
        # Very many that only wait must not be too much.
        allowed = self._limits.memory + children * _OWN_MEMORY
        if self._memory.taken(theirs, self._servers, allowed) > allowed:
            raise LimitReached("memory")

    def _look_at_files(self) -> None:
        taken, number, full = self._files.used(self._limits.files, self._alive, self._limits.disk)
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
        self.told_of: set[int] = set()
        """Those of whom the warm parent tells us, when they have ended, what they have computed."""
        self._gone = 0.0
        self._last: dict[int, Process] = {}
        self._ever: dict[tuple[int, int], float] = {}
        """Of each process that was seen: who does not bury his children hides what they have computed."""
        self._looked = time.monotonic()
        self._new: dict[tuple[int, int], float] = {}
        """Who was at work when seen for the first time, a look ago, and for how many seconds each stands if it does not
        live to see a second look: most of those who live for moments are never seen."""

    def add(self, found: list[Process], roots: set[int], own: set[int], spent: float) -> float:
        """Seconds of computing so far.

        :param roots: who buries the run's processes, and those of all other runs.
        :param spent: by those that we were told of, and whoever they have buried.
        """
        here = {process.pid: process for process in found if process.pid not in roots}
        for pid, process in self._last.items():
            gone = pid not in here or here[pid].started != process.started
            if gone and self._unburied(process, here):
                self._gone += _seconds(process, own)
        self._last = here
        self._sample(here, own)
        for pid, process in here.items():
            if pid not in own:
                self._ever[pid, process.started] = process.computed
        alive = sum(_seconds(process, own) for process in here.values())
        return max(spent + self._gone + alive, sum(self._ever.values()))

    def _sample(self, here: dict[int, Process], own: set[int]) -> None:
        """Of those who live from one look to the next, it is known what they compute; the others are estimated."""
        alive = {(pid, process.started): process for pid, process in here.items() if pid not in own}
        for one in self._new.keys() - alive.keys():
            self._ever[one] = max(self._ever[one], self._new[one])
        now = time.monotonic()
        # After a long time one honest process must not stand for many.
        passed = min(now - self._looked, 2 * _EVERY)
        self._looked = now
        new = [one for one, process in alive.items() if process.at_work and one not in self._ever]
        # No more of them computed at one time than there are processors.
        each = passed * min(1.0, (os.cpu_count() or 1) / len(new)) if new else 0.0
        self._new = dict.fromkeys(new, each)

    def _unburied(self, process: Process, here: dict[int, Process]) -> bool:
        """Whether nobody who counts has, by burying it, what a process that is gone has computed."""
        for _ in self._last:
            if process.parent in here or process.pid in self.told_of:
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
        """What the kernel said of a process, and as it was then."""
        self._offspring: set[int] = set()

    def taken(self, found: list[Process], servers: set[int], limit: int) -> int:
        """Bytes. Below the limit that is an estimate, too high and cheap; else the least that the kernel tells of."""
        here = {process.pid: processes.sizes(process.pid) for process in found}
        most = sum(sizes.private + sizes.shared for sizes in here.values()) - self._inherited_by(len(found))
        if most <= limit:
            return most
        offspring = {process.pid for process in found if process.parent not in servers}
        if self._offspring - offspring:
            # It shared memory with those that are left, who have it for themselves now.
            self._shares.clear()
        self._offspring = offspring
        total = number = 0
        until = time.monotonic() + _PATIENCE
        # Whoever was never looked at comes first, so that everybody's turn comes.
        for process in sorted(found, key=lambda process: process.pid in self._shares):
            share = self._share(process, until)
            if share is not None:
                total += share
                number += 1
            elif time.monotonic() < until:
                # It may have ended meanwhile, with what it had.
                total += self._unseen(process, processes.sizes(process.pid), offspring)
        return total - self._inherited_by(number)

    def _share(self, process: Process, until: float) -> int | None:
        """Its share of the memory that it has; None if there is no time to ask, or nobody tells."""
        before, share = self._shares.get(process.pid, (None, None))
        if before is not None and not _moved(before, process):
            return share
        asked = processes.share(process.pid) if time.monotonic() < until else None
        if asked is not None:
            self._shares[process.pid] = (process, asked)
        return asked

    def _unseen(self, process: Process, sizes: Sizes, offspring: set[int]) -> int:
        """What a process may have at least, if the kernel does not tell."""
        taken = max(sizes.private - self.inherited, 0)
        if process.pid in offspring:
            # There may be many of them, and each has written to what it had from its parent.
            taken = max(taken, min(sizes.private, process.faults * processes.PAGE))
        return taken + sizes.shared

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
        self._device = os.stat(folder).st_dev
        self._alone = self._device != os.stat(outside).st_dev
        """Whether the folder is a file system of its own."""
        self._occupied = _occupied(folder)
        """Bytes of the file system, whoever has them."""
        self._hidden_since: float | None = None
        self._before = (0, 0)
        taken, number, _ = self.used(1 << 30)
        self._before = (taken, number)

    def used(
        self, most: int, pids: Collection[int] = (), room: int = 1 << 62
    ) -> tuple[int, int, Literal["disk", "files"] | None]:
        """Bytes, files and folders, and what there is no more room for.

        :param most: files to count, at most; one more is too many.
        :param pids: the run's processes, which may have files open that have no name any more.
        :param room: bytes; whoever hides files while more than this has come to the disk has them all.
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
            taken += processes.unlinked(pids, self._device)
            come = _occupied(self._folder) - self._occupied
            if taken - self._before[0] <= room < come and self._hidden(pids):
                taken = self._before[0] + come
        return taken - self._before[0], number - self._before[1], full

    def _hidden(self, pids: Collection[int]) -> bool:
        """Whether files are hidden, and have been for a while: who is being born lets nobody look, either."""
        now = time.monotonic()
        if not any(map(processes.hides_files, pids)):
            self._hidden_since = None
        elif self._hidden_since is None:
            self._hidden_since = now
        return self._hidden_since is not None and now - self._hidden_since > _HIDDEN


def _occupied(folder: Path) -> int:
    """Bytes that are taken of the file system of this folder."""
    status = os.statvfs(folder)
    return (status.f_blocks - status.f_bfree) * status.f_frsize


def _counted(folder: Path, most: int) -> tuple[int, int]:
    """Bytes, and files and folders, of all that is below a folder; one that cannot be read is one, and empty."""
    taken = number = 0
    todo = [os.fspath(folder)]
    with ExitStack() as opened:
        while todo and number <= most:
            try:
                entries = os.scandir(_short(todo.pop(), opened))
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
                    taken += status.st_blocks * processes.BLOCK
    return taken, number


def _short(path: str, opened: ExitStack) -> str:
    """The same folder by a short path, where the system may take no longer one for what is in it.

    :raises OSError: when it is not there, or cannot be read.
    """
    if len(os.fsencode(path)) < _LONG:
        return path
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    opened.callback(os.close, descriptor)
    return f"/proc/self/fd/{descriptor}"
