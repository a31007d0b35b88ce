"""The threads of a process and the processes below it, as the system sees them (``/proc``; elsewhere: nobody)."""

from __future__ import annotations

import os

__all__ = ["busy", "children", "descendants", "has_children", "listed", "parent_of", "threads"]

_PIECE = 2048
"""Bytes: whatever is shorter was all there is."""
_AT_WORK = b"RD"
"""Running or about to, and waiting for a disk: as ``/proc/PID/stat`` has it (``man 5 proc_pid_stat``)."""
_ENDED = b"ZX"
"""Not buried yet, and gone."""


def busy(pid: int, thread: int | None = None) -> bool:
    """Whether a process, or one thread of it, computes or is about to."""
    threads = listed(pid) if thread is None else [str(thread)]
    return any(_state(pid, each) in _AT_WORK for each in threads)


def has_children() -> bool:
    """Whether this process has children that have not ended."""
    try:
        return os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
    except ChildProcessError:
        return False
    except AttributeError:  # not every system can ask
        return True


def children(pid: int) -> set[int]:
    """Of a process, those that have ended and are not buried among them."""
    return {child for thread in listed(pid) for child in _children(pid, thread)}


def descendants(pid: int) -> dict[int, int]:
    """The living processes below one, each with its parent."""
    found: dict[int, int] = {}
    todo = [pid]
    while todo:
        parent = todo.pop()
        for thread in listed(parent):
            for child in _children(parent, thread):
                if _lives(child):
                    found[child] = parent
                    todo.append(child)
    return found


def parent_of(pid: int) -> int | None:
    """The process that one is a child of; None: it is gone."""
    _, _, rest = _read(f"/proc/{pid}/stat").rpartition(b") ")
    return int(rest.split()[1]) if rest else None


def threads(pid: int) -> dict[int, str]:
    """The living threads of a process and their names, its main thread (with the process's number) among them."""
    return {
        int(thread): _read(f"/proc/{pid}/task/{thread}/comm").decode("utf-8", "replace").rstrip("\n")
        for thread in listed(pid)
        if _state(pid, thread) not in _ENDED
    }


def _lives(pid: int) -> bool:
    """Whether any of its threads does: the first may have ended, and then the process looks as if it had."""
    return any(_state(pid, thread) not in _ENDED for thread in (str(pid), *listed(pid)))


def listed(pid: int) -> list[str]:
    """The numbers of a process's threads, of those that have ended among them; none if it is gone."""
    try:
        return os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []


def _children(pid: int, thread: str) -> list[int]:
    return [int(child) for child in _read(f"/proc/{pid}/task/{thread}/children").split()]


def _state(pid: int, thread: str) -> bytes:
    """One letter; ``X`` for who is gone."""
    _, _, rest = _read(f"/proc/{pid}/task/{thread}/stat").rpartition(b") ")
    return rest[:1] or b"X"


def _read(path: str) -> bytes:
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    data = b""
    try:
        # Most is said in one piece; the children of who has very many are not.
        while piece := os.read(fd, 1 << 16):
            data += piece
            if len(piece) < _PIECE:
                break
    except OSError:
        return b""
    finally:
        os.close(fd)
    return data
