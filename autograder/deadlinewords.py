"""Deadlines in words, for checks and reports."""

from __future__ import annotations

import ast
import re

from autograder.evidence import DeadlineRecord, Evidence, Execution
from autograder.spans import after_start, duration, moment

__all__ = [
    "became",
    "callback_became",
    "callback_path",
    "complaint",
    "in_dag_file",
    "name",
    "output",
    "reference",
    "title",
]

# Airflow names a DAG file's module after the folder it is in.
_DAG_FILE = re.compile(r"^unusual_prefix_[0-9a-f]{40}_")
# By what name a DAG's author knows the classes of airflow/sdk/definitions/deadline.py:84-112, and what they refer to.
_REFERENCES = {
    "DagRunQueuedAtDeadline": ("DAGRUN_QUEUED_AT", "the run was queued"),
    "DagRunLogicalDateDeadline": ("DAGRUN_LOGICAL_DATE", "the logical date"),
    "FixedDatetimeDeadline": ("FIXED_DATETIME", "a fixed date"),
    "AverageRuntimeDeadline": ("AVERAGE_RUNTIME", "the average end"),
}

# What a trigger keeps of an exception: a sentence, and the lines of the traceback (airflow/triggers/callback.py:73).
_KEPT = re.compile(r"((?:Failed to import|Failed to run|An error)[^:]*): (\[.*\])", re.DOTALL)

_UNANSWERED = re.compile(r"(\w+) that Airflow does not understand here")


def callback_path(path: str) -> str:
    """The dotted path of a callback as its author knows it: ``alerts.tell``, ``dag.tell``."""
    return _DAG_FILE.sub("", path)


def in_dag_file(path: str) -> bool:
    """Whether the callback of this path is defined in the DAG file itself."""
    return _DAG_FILE.match(path) is not None


def reference(deadline: DeadlineRecord) -> str:
    """As its author writes it: ``DAGRUN_QUEUED_AT``; of a custom one, the name of its class."""
    return _REFERENCES.get(deadline.reference, (deadline.reference, ""))[0]


def name(deadline: DeadlineRecord) -> str:
    """``the deadline `early```, or where it has no name ``the deadline due 2 h after the run began``."""
    return (
        f"the deadline `{deadline.name}`" if deadline.name else f"the deadline due {after_start(deadline.at)}"
    )


def title(deadline: DeadlineRecord) -> str:
    """``deadline early, 1 h after the run was queued``."""
    named = f" {deadline.name}" if deadline.name else ""
    start = _REFERENCES.get(deadline.reference, ("", deadline.reference))[1]
    after = "as long as a Variable says" if deadline.interval is None else duration(deadline.interval)
    return f"deadline{named}, {after} after {start}"


def became(deadline: DeadlineRecord) -> str:
    """``missed at 1 h 0 min 0.01 s``, ``dropped at …, because the run succeeded before …``."""
    due = moment(deadline.at) if deadline.at >= 0 else f"{duration(-deadline.at)} before the run"
    if deadline.missed is not None:
        late = f" (due {due})" if deadline.missed - deadline.at >= 1 else ""
        return f"missed at {moment(deadline.missed)}{late}"
    if deadline.pruned is not None:
        return f"dropped at {moment(deadline.pruned)}, because the run succeeded before {due}"
    return f"due at {due}, which did not come"


def callback_became(deadline: DeadlineRecord) -> str:
    """``success``, ``failed``, ``not called``."""
    return (deadline.state or "no state").replace("_", " ") if deadline.missed is not None else "not called"


def output(deadline: DeadlineRecord) -> str:
    """What Airflow kept of the callback's result or error, of a traceback only its last line."""
    kept = _KEPT.fullmatch(deadline.output.strip())
    if kept is None:
        return deadline.output.strip()
    try:
        lines = "".join(map(str, ast.literal_eval(kept[2]))).strip().splitlines()
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return deadline.output.strip()
    return f"{kept[1]}: {lines[-1]}" if lines else kept[1]


def complaint(evidence: Evidence, deadline: DeadlineRecord) -> str:
    """Why its callback did not do its work, without the subject: ``raised KeyError: 'ti' (alerts.py:5).``

    Empty if it did its work, or was not called.
    """
    if deadline.missed is None or deadline.state == "success":
        return ""
    lives = [life for life in evidence.executions if life.deadline == deadline.id]
    if deadline.state != "failed":
        return f"never came to an end{_conversation(lives, deadline)}."
    ids = {life.id for life in lives}
    raised = [(call, call.error) for call in evidence.calls if call.execution in ids and call.error]
    if raised:
        call, error = raised[0]
        # Called with the wrong arguments it has no line of its own that raised, but the one where it begins.
        file, line = (error.file, error.line) if error.file else (call.file, call.line)
        at = f" ({file}:{line})" if file and line else ""
        return f"raised {error.said.rstrip('.')}{at}."
    kept = output(deadline).rstrip(".")
    if not kept.startswith("Failed to import"):
        return f"failed: {kept or 'Airflow kept no reason'}."
    if in_dag_file(deadline.callback):
        return (
            "is defined in the DAG file, which the triggerer does not load. "
            "A callback that runs in the triggerer belongs in a module of its own."
        )
    return f"could not be imported in the triggerer: {kept.partition(': ')[2]}."


def _conversation(lives: list[Execution], deadline: DeadlineRecord) -> str:
    """What was wrong in what its process said to Airflow, in brackets; empty if nothing was."""
    said = next((one for life in lives for one in life.violations), "")
    unanswered = _UNANSWERED.fullmatch(said)
    if unanswered is not None and deadline.component == "executor":
        return f" ({unanswered[1]} is never answered: there it may only read connections and Variables)"
    return f" ({said})" if said else ""
