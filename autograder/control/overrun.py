"""A run that was ended at one of its limits: which it was, whose doing it probably is, and what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from autograder.control.live import Live
from autograder.control.problems import Unrunnable, written
from autograder.evidence import CallbackCall, Problem
from autograder.limits import Limit, Limits, size

__all__ = ["Culprit", "culprit", "overrun"]

_ADVICE: dict[Limit, str] = {
    "wall": "Virtual waits cost nothing; this was real work, or a call without a timeout that nobody answers.",
    "cpu": "Look for a loop that never ends, or for heavy work that belongs in a database or a cluster.",
    "memory": "Look for data that is loaded whole, and read it in pieces. In production the kernel kills such a "
    "process, and its callbacks never run.",
    "processes": "Look for a loop that starts threads or processes and does not wait until they have ended.",
    "disk": "Look for a loop that writes, or for data that is copied whole.",
    "files": "Look for a loop that makes files, and for files that nobody removes.",
    "log": "Look for a loop that prints or logs: of each round, a person reads none.",
    "frames": "Look for a loop around an XCom, a Variable or a connection: ask once, and keep the answer.",
    "mails": "Look for a loop that sends: an alert says it once.",
}


@dataclass(frozen=True)
class Culprit:
    """Whose code was running."""

    words: str
    """To begin a sentence with."""
    file: str | None = None
    line: int | None = None
    call: bool = False
    """Whether it is a callback that had not come back."""


def culprit(live: Live | None, calls: Sequence[CallbackCall], folder: str, entry: str) -> Culprit:
    """Who runs in this child.

    :param calls: all of the run, by their ids.
    :param folder: where the submission lies.
    :param entry: the DAG's file.
    """
    if live is None:
        return Culprit("The run")
    who = live.who
    attempt = f"`{who.task_id}` (try {who.try_number})"
    if (number := who.address.call) is not None:
        call = calls[number]
        place = f" of {attempt}" if who.task_id else ""
        return Culprit(f"`{call.name}`, `{call.kind}`{place},", call.file, call.line, call=True)
    if who.component == "worker" and live.terminal:
        # What a callback has started may go on when it has come back.
        returned = [call for call in calls if call.execution == who.id and call.phase != "before"]
        if returned:
            last = returned[-1]
            return Culprit(f"{attempt}, after `{last.name}` had come back,", last.file, last.line)
        return Culprit(
            f"{attempt}, after its outcome was known,", *_defined(who.task_id or "", folder, entry)
        )
    if who.component == "worker":
        return Culprit(attempt, *_defined(who.task_id or "", folder, entry))
    if who.component == "DAG processor":
        return Culprit(f"Importing {entry}", entry)
    return Culprit(f"`{who.work}` in the {who.component}", entry)


def _defined(task_id: str, folder: str, entry: str) -> tuple[str, int | None]:
    """Where a task's work is written, if it has its name from there."""
    name = re.escape(task_id.rpartition(".")[2])
    return written(rf"^\s*def\s+{name}\b|\btask_id\s*=\s*[\"']{name}[\"']", folder, entry)


def overrun(
    limit: Limit, limits: Limits, by: Culprit, *, what: str = "", others: Sequence[str] = ()
) -> Unrunnable:
    """What is to be said of it.

    :param what: of ``mails``, how many of what; of ``wall``, what was going on.
    :param others: who else was alive.
    """
    said, value = _did(limit, limits, what)
    details = [f"The limit `{limit}` is {value}."]
    if limit == "wall":
        title = f"{what} was still going on {said} and was stopped."
        if by.call:
            details.insert(0, f"{by.words} had not come back.")
    else:
        title = f"{by.words} {said} and was stopped."
        if others:
            details.append(f"Alive besides: {', '.join(others)}.")
    outcome: Literal["timeout", "error"] = "timeout" if limit in ("wall", "cpu") else "error"
    problem = Problem(
        title=title, detail=" ".join(details), file=by.file, line=by.line, advice=_ADVICE[limit]
    )
    return Unrunnable(problem, outcome)


def _did(limit: Limit, limits: Limits, what: str) -> tuple[str, str]:
    """What was done, and the limit's value, in words."""
    run = "for a run"
    match limit:
        case "wall":
            return f"after {limits.wall:g} seconds", f"{limits.wall:g} seconds {run}"
        case "cpu":
            spent = f"{limits.computing:g} seconds"
            return f"computed for more than {spent}", f"{spent} {run}, on all cores together"
        case "memory":
            return (
                f"took more than {size(limits.memory)} of memory",
                f"{size(limits.memory)} {run} at one time",
            )
        case "processes":
            number = f"{limits.processes} processes and threads"
            return f"had more than {number}", f"{number} {run} at one time"
        case "disk":
            return f"wrote more than {size(limits.disk)} of files", f"{size(limits.disk)} {run} at one time"
        case "files":
            number = f"{limits.files} files and folders"
            return f"made more than {number}", f"{number} {run} at one time"
        case "log":
            return f"wrote more than {size(limits.log)} of log", f"{size(limits.log)} {run}"
        case "frames":
            number = f"{limits.frames} requests"
            return f"sent more than {number} to Airflow", f"{number} for one process"
        case "mails":
            return f"sent more than {what}", f"{what} {run}"
