"""Why a submission could not be run: a sentence, the learner's file and line, and what to do next."""

from __future__ import annotations

import re
import signal
import traceback
from collections.abc import Collection
from datetime import datetime
from itertools import dropwhile
from pathlib import Path
from typing import Any, Literal

import airflow
from sqlalchemy.exc import OperationalError

import autograder
from autograder.airflow33.scheduling import Starving
from autograder.evidence import Isolation, Problem
from autograder.isolation import refusal

__all__ = [
    "Unrunnable",
    "check_dags",
    "died_at_import",
    "import_failed",
    "import_too_long",
    "no_tasks",
    "nobody_answers",
    "not_stored",
    "not_taken",
    "ran_too_long",
    "run_refused",
    "scheduler_failed",
    "starved",
    "trigger_lost",
    "wall_reached",
    "written",
]

# A learner's text may have a million empty lines, or a line number that is none.
_FRAME = re.compile(r'^[ \t]*File "(?P<file>[^"\n]+)", line (?P<line>\d{1,9})\b', re.MULTILINE)

_AIRFLOW, _OURS = f"{Path(airflow.__file__).parent}/", f"{Path(autograder.__file__).parent}/"

_KNOWN = [
    # airflow/sdk/definitions/callback.py:74, :162: what AsyncCallback and SyncCallback say of what they are given.
    (
        re.compile("has no attribute '__qualname__'"),
        "A callback is a function, or a notifier's class: what the class is to be made with goes into `kwargs`.",
    ),
    (
        re.compile("Provided callback .* is not awaitable"),
        "The triggerer awaits what an `AsyncCallback` calls: write `async def`, or use a `SyncCallback`.",
    ),
    (
        re.compile("Invalid arguments were passed .*'deadline'"),
        "A task has no deadline, only a run: `deadline` is an argument of the DAG.",
    ),
]
"""What Airflow says in words that help nobody, and what to do."""
_UNREGISTERED = re.compile(r"DeadlineReferenceNotRegistered: .*'(?:[^']*\.)?([^'.]+)' is not registered")
_INTERVAL = re.compile(r"VariableInterval '([^']+)'")


class Unrunnable(Exception):
    """The learner's code cannot be run, or took too long: ``outcome`` is ``error`` or ``timeout``."""

    def __init__(self, problem: Problem, outcome: Literal["error", "timeout"] = "error") -> None:
        super().__init__(problem.title)
        self.problem = problem
        self.outcome = outcome


def import_failed(error: str, folder: str, entry: str, isolation: Isolation | None) -> Unrunnable:
    """The file raised when Airflow imported it. ``error`` is the traceback as Airflow reports it."""
    last = _exception_of(error).replace(f"{folder}/", "")
    frames = [m for m in _FRAME.finditer(error) if m["file"].startswith(folder)]
    file, line = (
        (frames[-1]["file"][len(folder) :].lstrip("/"), int(frames[-1]["line"])) if frames else (entry, None)
    )
    own = _own_frames(error, folder)
    if "Timeout, PID" in last or "DagBag import timeout" in error:
        return import_too_long(entry, detail=own, file=file, line=line, full_traceback=error)
    if "AirflowDagCycleException" in error or "Cycle detected" in error:
        title = f"The DAG has a cycle: {last.split(':', 1)[-1].strip()}"
        advice = "Follow the arrows (`>>`) from that task: one of them leads back to it."
    else:
        title = f"Importing {entry} failed: {last}"
        advice = "Mend the line and check again." if line else "The full traceback: --traceback full."
        advice = next((said for pattern, said in _KNOWN if pattern.search(last)), advice)
        advice = refusal(last, isolation) or advice
    return Unrunnable(
        Problem(
            title=title,
            detail=own,
            file=file,
            line=line,
            advice=advice,
            full_traceback=error.replace(folder + "/", ""),
        )
    )


def import_too_long(entry: str, **where: Any) -> Unrunnable:
    """Airflow gave up importing the file. ``where``: more of the problem, as far as it is known."""
    title = f"Importing {entry} took longer than Airflow allows."
    advice = "Airflow imports the file again and again: nothing that waits or works belongs at its top level."
    return Unrunnable(Problem(**{"title": title, "advice": advice, "file": entry} | where), "timeout")


def not_stored(why: str, error: str, entry: str) -> Unrunnable:
    """Airflow has imported the file but cannot store its DAG. ``error`` is the whole traceback."""
    title = f"Airflow cannot store the DAG of {entry}: {why}"
    advice = "Look at the settings of the DAG and its tasks: one of them is not what Airflow expects there."
    return Unrunnable(Problem(title=title, file=entry, advice=advice, full_traceback=error))


def run_refused(why: str, error: str, folder: str, entry: str) -> Unrunnable:
    """Airflow has stored the DAG, and creates no run of it. ``error`` is the whole traceback.

    :param folder: the submission, which Airflow's error does not point into.
    """
    title = f"Airflow creates no run of the DAG in {entry}: {why}"
    file, line = entry, None
    advice = (
        "Look at the settings of the DAG that a run needs when it is created: its deadlines, params, dates."
    )
    if unregistered := _UNREGISTERED.search(why):
        what = f"the deadline reference `{unregistered[1]}` is not registered"
        title = f"Airflow creates no run of the DAG in {entry}: {what}."
        advice = (
            "The scheduler knows a reference of one's own only from a plugin that lists it in `deadline_references`; "
            "a class in the file of a DAG is none. Take one of those that `DeadlineReference` has."
        )
        file, line = written(rf"^\s*class\s+{re.escape(unregistered[1])}\b", folder, entry)
    if interval := _INTERVAL.search(why):
        file, line = written(rf"VariableInterval\(.*[\"']{re.escape(interval[1])}[\"']", folder, entry)
        advice = (
            "The Variable is read when a run is created: it has to be there, and be a whole number of seconds. "
            "Until it is (`airflow variables set NAME 7200`; `--variable NAME=7200` for `autograder run`), nobody "
            "can start a run; a `timedelta` needs none."
        )
    return Unrunnable(Problem(title=title, file=file, line=line, advice=advice, full_traceback=error))


def written(pattern: str, folder: str, entry: str) -> tuple[str, int | None]:
    """The file and the line in which something is written; without one, the DAG's file."""
    files = sorted(Path(folder).glob("*.py"), key=lambda path: (path.name != entry, path.name))
    for path in files:
        for number, text in enumerate(path.read_text("utf-8", "replace").splitlines(), start=1):
            if re.search(pattern, text):
                return path.name, number
    return entry, None


def died_at_import(entry: str, exit_code: int | None, breaches: list[str]) -> Unrunnable:
    """The process ended before it had said what is in the file."""
    if breaches:
        how = f"broke the conversation with Airflow ({breaches[0]})"
    elif exit_code is not None and exit_code < 0:
        how = f"was ended by {_signal_name(-exit_code)}"
    else:
        how = f"ended with exit code {exit_code}"
    advice = "Look for `sys.exit`, `os._exit`, `quit` or a crash at the top level of the file."
    return Unrunnable(
        Problem(title=f"While importing {entry}, the process {how}.", file=entry, advice=advice)
    )


def _signal_name(number: int) -> str:
    """SIGKILL; those that programs make use of as they like have no name."""
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"


def scheduler_failed(error: Exception, entry: str) -> Unrunnable | None:
    """Airflow's scheduler has raised this at the DAG, or at what one of its tasks has reported.

    None: it is the database that fails, or our own code.
    """
    if isinstance(error, OperationalError):
        return None
    frames = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    homes = [home for file in frames for home in (_OURS, _AIRFLOW) if file.startswith(home)]
    if not homes or homes[-1] == _OURS:
        return None
    full = "".join(traceback.format_exception(error))
    said = " ".join(traceback.format_exception_only(error)[-1].split())[:500]
    advice = (
        "In production it would fail for everybody. Look at the settings of the DAG and its tasks, and at what a retry "
        "policy returns: one of these values is not what Airflow expects there."
    )
    return Unrunnable(
        Problem(
            title=f"Airflow's scheduler cannot go on with the run of {entry}: {said}",
            file=entry,
            advice=advice,
            full_traceback=full,
        )
    )


def check_dags(found: list[str], expected: str | None, entry: str, *, among: bool = False) -> None:
    """Exactly one DAG, with the id that the brief names.

    :param among: whether there may be others beside it.
    :raises Unrunnable: otherwise.
    """
    if not found:
        advice = (
            "A DAG made inside a function counts only if the function is called, as in `my_dag()` at the end."
        )
        raise Unrunnable(Problem(title=f"{entry} defines no DAG.", file=entry, advice=advice))
    names = ", ".join(f"`{name}`" for name in sorted(found))
    if among and expected is not None:
        if expected in found:
            return
        advice = f"It has {names}."
        raise Unrunnable(Problem(title=f"{entry} has no DAG `{expected}`.", file=entry, advice=advice))
    if len(found) > 1:
        wanted = f" Keep `{expected}`." if expected in found else " Keep one."
        if expected is None:
            wanted = " Say which with --dag; the others run when it triggers them."
        raise Unrunnable(
            Problem(
                title=f"{entry} defines {len(found)} DAGs ({names}).",
                file=entry,
                advice=f"One is wanted.{wanted}",
            )
        )
    if expected is not None and found[0] != expected:
        raise Unrunnable(
            Problem(
                title=f"The DAG in {entry} is called `{found[0]}`; the brief asks for `{expected}`.",
                file=entry,
                advice=f"Set its id: `dag_id='{expected}'`, or the name of the function under `@dag`.",
            )
        )


def wall_reached(what: str, wall: float) -> Unrunnable:
    """Real time was over."""
    return Unrunnable(
        Problem(
            title=f"{what} was still going on after {wall:g} seconds and was stopped.",
            advice="Virtual waits cost nothing; this was real work, or a call without a timeout that nobody answers.",
        ),
        "timeout",
    )


def ran_too_long(days: int, waiting: list[str]) -> Unrunnable:
    """Virtual time was over."""
    tasks = ", ".join(f"`{task}`" for task in waiting) or "nothing"
    return Unrunnable(
        Problem(
            title=f"The run had not ended after {days} (virtual) days; still going on: {tasks}.",
            advice="A task that hangs needs an `execution_timeout`; a run can have a `dagrun_timeout`.",
        ),
        "timeout",
    )


def no_tasks(run_date: datetime, entry: str, dag_id: str, tasks: Collection[str]) -> Unrunnable:
    """Airflow made no task instance for the run. ``tasks``: of the DAG."""
    if not tasks:
        return Unrunnable(
            Problem(
                title=f"The DAG `{dag_id}` has no task.",
                file=entry,
                advice="An operator belongs to the DAG in whose `with` it is made; a function under `@task` makes a "
                "task only where it is called.",
            )
        )
    return Unrunnable(
        Problem(
            title=f"The run of {run_date:%d %B %Y} has none of the DAG's tasks.",
            file=entry,
            advice="Its `start_date` is later than that, or its `end_date` earlier: Airflow leaves such tasks out.",
        )
    )


def trigger_lost(tasks: list[str], entry: str) -> Unrunnable:
    """Tasks wait for triggers whose process has ended without a word."""
    names = ", ".join(f"`{task}`" for task in tasks)
    return Unrunnable(
        Problem(
            title=f"The run cannot end: the trigger of {names} has ended the triggerer's process.",
            file=entry,
            advice="Nobody wakes the task any more. A trigger must not exit; a `timeout` of `defer` bounds the wait.",
        ),
        "timeout",
    )


def starved(tasks: list[Starving], entry: str) -> Unrunnable:
    """Tasks wait for what their pools will never have."""
    missing = [f"`{task.task_id}` for the pool `{task.pool}`" for task in tasks if task.slots is None]
    small = [
        f"`{task.task_id}` wants {task.wanted} slot{'' if task.wanted == 1 else 's'} of the pool `{task.pool}`, "
        f"which has {task.slots}"
        for task in tasks
        if task.slots is not None
    ]
    title = f"The run cannot end: {', '.join(small)}."
    advice = (
        "A task takes one slot unless its `pool_slots` says more; `airflow pools set` gives a pool others."
    )
    if missing:
        title = f"The run cannot end; waiting for what does not exist: {', '.join(missing)}."
        advice = (
            "A pool has to be made before it is used, with `airflow pools set` (`--pool NAME=SLOTS` for "
            "`autograder run`); only `default_pool` is there."
        )
    return Unrunnable(Problem(title=title, file=entry, advice=advice), "timeout")


def nobody_answers(tasks: list[str], entry: str) -> Unrunnable:
    """Tasks wait for people, who never come, and have no timeout of their own."""
    names = ", ".join(f"`{task}`" for task in tasks)
    return Unrunnable(
        Problem(
            title=f"The run cannot end: nobody answers {names}.",
            file=entry,
            advice="A task that waits for a person can have a `response_timeout`, and `defaults` for when it is over.",
        ),
        "timeout",
    )


def not_taken(task: str, options: list[str], why: str, entry: str) -> Unrunnable:
    """The scenario's answer is none that the task takes. ``why``: the API server's words."""
    chosen = ", ".join(f'"{option}"' for option in options)
    return Unrunnable(
        Problem(
            title=f"Somebody answers {chosen} to `{task}`, which does not take that: {why[:500]}",
            file=entry,
            advice=f"Look at the `options` of `{task}`, and at whether it takes several.",
        )
    )


def _exception_of(error: str) -> str:
    """What a traceback ends with, class and text, on one line: the text may have had several."""
    lines = error.strip().splitlines() or ["unknown error"]
    frames = [number for number, line in enumerate(lines) if _FRAME.match(line)]
    rest = lines[frames[-1] + 1 :] if frames else lines[-1:]
    said = list(dropwhile(lambda line: line.startswith(" "), rest)) or lines[-1:]
    return " ".join(" ".join(said).split())


def _own_frames(error: str, folder: str) -> str:
    """The frames of a traceback that lie in the submission, with their lines of source."""
    kept, keep = [], False
    for line in error.splitlines():
        frame = _FRAME.match(line)
        if frame:
            keep = frame["file"].startswith(folder)
        elif not line.startswith(" "):
            keep = False
        if keep:
            kept.append(line.replace(folder + "/", ""))
    return "\n".join(kept)
