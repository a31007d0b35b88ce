"""How evidence is put into words: nouns, numbers, and when something happened."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import get_args

from autograder.evidence import CallbackCall, Component, DeadlineRecord, Evidence

__all__ = [
    "AT",
    "COMPONENTS",
    "call_words",
    "capital",
    "count",
    "deadline_of",
    "is_after",
    "listing",
    "no_task",
    "noun",
    "place",
    "shorten",
    "state_after",
    "there_is",
    "verb",
    "when",
]

COMPONENTS: tuple[str, ...] = get_args(Component)
AT = {
    "worker": "on the worker",
    "DAG processor": "in the DAG processor",
    "triggerer": "in the triggerer",
    "executor": "on the executor",
}
"""Where something runs, by component."""
_BESIDE = "callback or helper"
_NOUNS = {
    "mails": ("mail", "mails", "arrived"),
    "slack": ("Slack message", "Slack messages", "arrived"),
    "metrics": ("metric", "metrics", "arrived"),
    "posts": ("request to the monitoring endpoint", "requests to the monitoring endpoint", "arrived"),
    "leases": ("lease", "leases", "was taken"),
    "files": ("file", "files", "was there"),
    "calls": ("callback call", "callback calls", "took place"),
    "logs": ("log line", "log lines", "was written"),
    "deadlines": ("deadline", "deadlines", "was set"),
    "executions": ("attempt", "attempts", "began"),
    "transitions": ("change of state", "changes of state", "took place"),
}
_SMALL = [
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]


def noun(kind: str, number: int = 1) -> str:
    """The kind's noun: ``mail``, ``Slack messages``."""
    return _NOUNS[kind][0 if number == 1 else 1]


def verb(kind: str, number: int = 1) -> str:
    """What the kind's items do: ``arrived``, ``was taken``."""
    said = _NOUNS[kind][2]
    return said.replace("was ", "were ") if number != 1 else said


def count(number: int, kind: str) -> str:
    """A number of items in words: ``no mail``, ``one mail``, ``17 mails``."""
    amount = _SMALL[number] if number < len(_SMALL) else str(number)
    return f"{amount} {noun(kind, max(number, 1))}"


def there_is(number: int, kind: str, phrase: str, scope: object) -> str:
    """A statement without its full stop: ``No mail after try 2 arrived for `load```, ``The run has one deadline``."""
    said = f"{count(number, kind)}{phrase}"
    if kind == "deadlines":
        return capital(f"{scope} has {said}")
    return capital(f"{said} {verb(kind, max(number, 1))} for {scope}")


def capital(sentence: str) -> str:
    """The sentence with a capital at its beginning."""
    return sentence[:1].upper() + sentence[1:]


def listing(words: Sequence[str], join: str = "and") -> str:
    """``a``; ``a and b``; ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {join} {words[-1]}"


def no_task(has: Sequence[str], task_id: str, *, asked: bool = False) -> str:
    """That a DAG with these tasks lacks one, and what may be the reason.

    :param asked: the name is the learner's own, and not one that the DAG ought to have.
    """
    inside = [name for name in has if name.rpartition(".")[2] == task_id]
    close = difflib.get_close_matches(task_id, has, n=1)
    said = f"The DAG has no task `{task_id}`."
    if inside:
        return f"{said} There is `{inside[0]}`: in a task group, a task's name begins with the group's."
    if close:
        return f"{said} Did you mean `{close[0]}`?" if asked else f"{said} Did you mean it by `{close[0]}`?"
    if not has:
        return f"{said} It has no task at all: a function under `@task` makes one only where it is called."
    return said


def shorten(text: str, most: int = 300) -> str:
    """The text on one line, its middle left out if it is long."""
    flat = " ".join(text.split())
    if len(flat) <= most:
        return flat
    return f"{flat[: most * 2 // 3]} … {flat[-most // 3 :]}"


def place(file: str | None, line: int | None) -> str | None:
    """``dag.py:41``; None if the file is not known."""
    if file is None:
        return None
    return file if line is None else f"{file}:{line}"


def state_after(evidence: Evidence, task_id: str, map_index: int, try_number: int) -> str | None:
    """The state that this try ended in, as the database had it, or else as its child reported it."""
    states = [
        change.state
        for change in evidence.transitions
        if (change.task_id, change.map_index, change.try_number) == (task_id, map_index, try_number)
        and change.state in {"success", "failed", "up_for_retry", "skipped", "removed"}
    ]
    if states:
        return states[-1]
    reported = [
        life.terminal
        for life in evidence.executions
        if (life.task_id, life.map_index, life.try_number) == (task_id, map_index, try_number)
        and life.terminal is not None
    ]
    return reported[-1] if reported else None


def is_after(phase: str | None) -> bool:
    """Whether what happened in this phase may be a callback's, or Airflow's own."""
    return phase not in ("before", _BESIDE)


def when(
    evidence: Evidence, task_id: str | None, map_index: int, number: int | None, phase: str | None
) -> str:
    """``after try 1 (`up_for_retry`)``, ``during try 2``, ``outside of any task``."""
    if task_id is None or number is None:
        return "outside of any task's try"
    if phase == "before":
        return f"during try {number}"
    state = state_after(evidence, task_id, map_index, number)
    beside = ", from a helper that the task's work had left alive" if phase == _BESIDE else ""
    return f"after try {number}" + (f" (`{state}`)" if state else "") + beside


def deadline_of(evidence: Evidence, execution: int | None) -> DeadlineRecord | None:
    """The deadline whose callback ran in this execution."""
    if execution is None:
        return None
    number = next((life.deadline for life in evidence.executions if life.id == execution), None)
    return next((one for one in evidence.deadlines if one.id == number), None)


def call_words(call: CallbackCall) -> str:
    """One callback call in a line: what it was, where it is defined, how it ended."""
    at = place(call.file, call.line)
    ended = "never came back" if call.returned is None else "returned"
    if call.returned is False:
        error = call.error
        said = error.said if error else "an exception"
        from_line = place(error.file, error.line) if error else None
        ended = f"raised {said}" + (f" at {from_line}" if from_line else "")
    number = f", try {call.try_number}" if call.try_number is not None else ""
    task = f" of {call.task_id}" if call.task_id else ""
    return f"{call.kind}[{call.index}]{task}{number}: {call.name}{f' ({at})' if at else ''} {ended}"
