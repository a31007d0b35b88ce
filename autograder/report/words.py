"""The words that all reports share: outcomes, strength, times, places, and what a scenario was."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from autograder import isolation as isolations
from autograder.evidence import (
    CallbackCall,
    Evidence,
    Execution,
    LeaseRecord,
    LeftFile,
    LogEvent,
    Metric,
)
from autograder.faults import (
    Dies,
    Exits,
    Fault,
    Hangs,
    LosesMachine,
    LosesWorker,
    Raises,
    Skips,
    Succeeds,
    Takes,
)
from autograder.report.text import plural
from autograder.result import CheckResult, PartResult, Result
from autograder.scenario import Behaviour, Scenario
from autograder.spans import duration, moment

__all__ = [
    "DISAGREE",
    "MARKS",
    "OUTCOMES",
    "STRENGTHS",
    "WITHHELD",
    "bonus_apart",
    "call_ending",
    "disagreed",
    "dropped",
    "ending",
    "exit_words",
    "fault_words",
    "first_to_fix",
    "folded",
    "given_words",
    "headline",
    "hinted",
    "isolation",
    "item_places",
    "lease_words",
    "left_words",
    "log_details",
    "log_groups",
    "metric_groups",
    "place",
    "points",
    "run_isolation",
    "run_line",
    "said_above",
    "scenario_lines",
    "source_line",
    "state_words",
    "task_name",
    "telling",
    "timings",
    "verdict",
]

MARKS = {"passed": "✓", "failed": "✗", "error": "!", "timeout": "!", "skipped": "–", "ungradable": "?"}
OUTCOMES = {
    "passed": "passed",
    "failed": "failed",
    "error": "could not be run",
    "timeout": "took too long",
    "skipped": "skipped",
    "ungradable": "our fault",
}
STRENGTHS = {"fact": "seen from outside", "claim": "as your code reported"}
DISAGREE = "What was seen from outside and what the code reported do not agree"
WITHHELD = (
    "Our fault: it costs you nothing, and the score is withheld. Check again; if it stays, tell your teacher."
)
_STAND_INS = {
    "mail": "The mail server",
    "slack": "Slack",
    "metrics": "StatsD",
    "monitoring": "The monitoring endpoint",
    "leases": "The lease server",
}
_SIGNALS = {6: "SIGABRT", 9: "SIGKILL", 11: "SIGSEGV", 15: "SIGTERM"}


def points(earned: int | None, most: int) -> str:
    """``3/4``, or ``–/4`` when there is no score."""
    return f"{'–' if earned is None else earned}/{most}"


def headline(result: Result) -> str:
    """The result in one sentence."""
    if result.score is None:
        return WITHHELD
    if result.outcome == "error":
        return "Your code could not be run to its end."
    if result.outcome == "timeout":
        return "Your code took too long."
    if result.score == result.max_score:
        return "All points."
    passed = sum(check.outcome == "passed" for check in result.checks if not check.bonus)
    return f"{passed} of {plural(sum(not check.bonus for check in result.checks), 'check')} passed."


def first_to_fix(result: Result) -> CheckResult | None:
    """Where to start: the first check that failed for a reason of its own, so not one that was skipped."""
    missing = [check for check in result.checks if check.outcome in ("failed", "error", "timeout")]
    return next((check for check in missing if not check.bonus), missing[0] if missing else None)


def telling(result: Result, names: Iterable[str]) -> list[str]:
    """The scenarios to look at: those that a check without its points reads, or that do not agree with themselves, or
    else the first."""
    known = list(names)
    read = {name for check in result.checks if check.outcome != "passed" for name in check.scenarios}
    read |= result.disagreements.keys()
    return [name for name in known if name in read] or known[:1]


def disagreed(result: Result) -> list[tuple[str, list[str]]]:
    """Where facts and claims disagree, and how; scenarios of which the same is said are named together."""
    names: dict[tuple[str, ...], list[str]] = {}
    for name, said in result.disagreements.items():
        names.setdefault(tuple(said), []).append(name)
    return [
        (f"{'scenario' if len(several) == 1 else 'scenarios'} {', '.join(several)}", list(said))
        for said, several in names.items()
    ]


def folded(result: Result, part: PartResult) -> bool:
    """Whether a part is closed at first: all in it is right, while something elsewhere is not."""
    every = {check.outcome for check in result.checks}
    return every != {"passed"} and {c.outcome for c in result.checks if c.part == part.id} == {"passed"}


def said_above(result: Result, check: CheckResult) -> bool:
    """Whether the check has no reason of its own: what keeps the code from running is said once, for all."""
    if result.problem is None or check.outcome not in ("error", "timeout"):
        return False
    return check.message in ("", result.problem.title)


def hinted(check: CheckResult) -> bool:
    """Whether hints help here: what was skipped waits for another check, which has its own."""
    return check.outcome not in ("passed", "skipped", "ungradable")


def bonus_apart(part: PartResult) -> bool:
    """Whether it has to be said that a part is a bonus, because its name does not."""
    return part.bonus and "bonus" not in f"{part.id} {part.title}".lower()


def verdict(part: PartResult) -> str:
    """A part's standing in a word, for readers who see no colour."""
    if part.points is None:
        return "withheld"
    return "complete" if part.points == part.max_points else "begun" if part.points else "open"


def isolation(result: Result) -> str:
    """How well the code was locked up, in one line."""
    if not result.scenarios:
        return "Nothing was run."
    return isolations.sentence(result.isolation)


def run_isolation(evidence: Evidence) -> str:
    """The same of one scenario."""
    if not evidence.executions:
        return "Nothing was run."
    return isolations.sentence(evidence.isolation)


def timings(milliseconds: dict[str, float]) -> str:
    """``4.1 s: wait 1 s, run 2.9 s, check 200 ms``, or nothing."""
    if not any(milliseconds.values()):
        return ""
    phases = ", ".join(f"{name} {duration(value / 1000)}" for name, value in milliseconds.items())
    return f"{duration(sum(milliseconds.values()) / 1000)}: {phases}"


def task_name(task_id: str | None, map_index: int = -1) -> str:
    """``extract``, or ``extract[2]`` when mapped."""
    if task_id is None:
        return ""
    return task_id if map_index < 0 else f"{task_id}[{map_index}]"


def place(
    task_id: str | None,
    map_index: int,
    try_number: int | None,
    component: str | None,
    phase: str | None = None,
) -> str:
    """Where something belongs: ``email_notification, try 2, worker, after``."""
    attempt = f"try {try_number}" if try_number is not None else ""
    return ", ".join(filter(None, (task_name(task_id, map_index), attempt, component, phase)))


def source_line(where: str, sources: Mapping[str, str]) -> str:
    """The line of code that ``dag.py:41`` names, without its indentation; empty when it is not known."""
    name, _, number = where.rpartition(":")
    lines = sources.get(name, "").splitlines()
    if not number.isdecimal() or not 0 < int(number) <= len(lines):
        return ""
    line = lines[int(number) - 1].strip()
    if line.startswith("@") and "lambda" not in line:
        # A function begins at its decorators, and is known by its name; a lambda is where it is written.
        after = (one.strip() for one in lines[int(number) :])
        line = next((one for one in after if one.startswith(("def ", "async def ", "class "))), line)
    return line


def state_words(state: str | None) -> str:
    return (state or "no state").replace("_", " ")


def exit_words(code: int | None) -> str:
    if code is None:
        return "still there when stopped"
    if code < 0:
        return f"killed by {_SIGNALS.get(-code, f'signal {-code}')}"
    return f"exited with {code}"


def ending(execution: Execution) -> str:
    """How an execution ended: the state it reported, or how its process went."""
    if execution.terminal is not None:
        return state_words(execution.terminal)
    if execution.stopped:
        return "stopped"
    if execution.component == "worker" or execution.exit_code:
        return exit_words(execution.exit_code)
    return ""


def call_ending(call: CallbackCall) -> str:
    if call.returned is None:
        return "never came back"
    if call.returned:
        return "returned"
    return f"raised {call.error.type}" if call.error else "raised"


def given_words(call: CallbackCall) -> str:
    """What is worth knowing of the context that a call was given: all that a deadline's has, or that one lacks."""
    if call.kind == "deadline_callback" and call.context:
        return f"a context with {' and '.join(call.context)} only"
    if (
        call.kind in ("on_failure_callback", "on_retry_callback")
        and call.context
        and "exception" not in call.context
    ):
        return "a context without exception"
    return ""


def run_line(evidence: Evidence) -> str:
    """What came of the run, in a line."""
    if evidence.outcome != "ran":
        began = any(life.component == "worker" for life in evidence.executions)
        return {
            "error": "The run could not go on." if began else "The code could not be run.",
            "timeout": "It took too long and was stopped.",
            "unsupported": "It uses something this grader does not support yet. Our fault.",
            "stuck": "The clock could not move on. Our fault.",
        }[evidence.outcome]
    ended = evidence.run_ended if evidence.run_ended is not None else evidence.ended
    lasted = f" after {duration(ended)}" if ended is not None else ""
    return f"The run ended{lasted}: {state_words(evidence.state)}."


def fault_words(fault: Fault | list[Fault | None] | None) -> str:
    """``raises OSError``; for one fault per try ``try 1 raises OSError, try 2 succeeds``."""
    if isinstance(fault, list):
        tries = [f"try {number} {fault_words(one)}" for number, one in enumerate(fault, start=1)]
        return ", ".join([*tries, "then does its own work"])
    match fault:
        case None:
            return "does its own work"
        case Raises():
            words = f"raises {fault.exception}{_quoted(fault.message)}"
        case Succeeds():
            words = "succeeds"
            if fault.returning is not None:
                words += f" and returns {json.dumps(fault.returning, ensure_ascii=False)}"
        case Hangs():
            words = "hangs"
        case Dies():
            words = "dies by SIGKILL" if fault.signal == "SIGKILL" else f"is sent {fault.signal}"
        case LosesWorker():
            words = "loses its worker"
        case LosesMachine():
            words = "loses its machine"
        case Exits():
            words = f"exits with {fault.code}"
        case Skips():
            words = f"skips{_quoted(fault.message)}"
        case Takes():
            words = f"takes {duration(fault.seconds)}"
    return f"does its own work, then {words}" if fault.after_work else words


def _quoted(message: str) -> str:
    """The message of a fault; what is new in it each time is left open."""
    return f" “{message.replace('{secret}', '…')}”" if message else ""


def scenario_lines(scenario: Scenario) -> list[str]:
    """What was arranged, in sentences."""
    groups: dict[str, list[str]] = {}
    for task, fault in scenario.faults.items():
        groups.setdefault(fault_words(fault), []).append(task)
    lines = [f"{', '.join(tasks)}: {words}." for words, tasks in groups.items()]
    if scenario.faults and scenario.others == "succeed":
        lines.append("All other tasks count as succeeded.")
    if scenario.retries is not None:
        lines.append(f"With {plural(scenario.retries, 'retry', 'retries')}.")
    if scenario.logical_date is None:
        lines.append("The run has no logical date.")
    lines += _people(scenario)
    if scenario.history:
        lines.append(f"{_history(scenario.history)}.")
    lines += [f"Pool {name} has {plural(slots, 'slot')}." for name, slots in scenario.pools.items()]
    lines += [f"Variable {name} is {value}." for name, value in scenario.variables.items()]
    if scenario.conf:
        lines.append(f"The run's configuration is {json.dumps(scenario.conf, ensure_ascii=False)}.")
    for name, subject in _STAND_INS.items():
        lines += _behaviour(subject, getattr(scenario, name))
    return lines


def _people(scenario: Scenario) -> Iterable[str]:
    for mark in sorted(scenario.marks, key=lambda mark: mark.at):
        yield f"Somebody marks {mark.task or 'the run'} {mark.state} after {duration(mark.at)}."
    for task, response in scenario.responses.items():
        after = f"{duration(response.after)} after" if response.after else "as soon as"
        filled = f" and fills in {json.dumps(response.params, ensure_ascii=False)}" if response.params else ""
        yield f"Somebody answers {', '.join(response.options)}{filled}, {after} {task} has asked."


def _history(lengths: list[float]) -> str:
    said = list(dict.fromkeys(duration(length) for length in lengths))
    if len(said) > 1:
        return f"{len(lengths)} earlier runs took {', '.join(duration(length) for length in lengths)}"
    return f"{plural(len(lengths), 'earlier run')} took {said[0]}{' each' if len(lengths) > 1 else ''}"


def _behaviour(subject: str, behaviour: Behaviour) -> Iterable[str]:
    match behaviour.kind:
        case "refuses":
            yield f"{subject} refuses."
        case "never_answers":
            yield f"{subject} never answers."
        case "answers":
            yield f"{subject} answers {behaviour.status}."


def metric_groups(metrics: Iterable[Metric]) -> tuple[list[Metric], int]:
    """The learner's own metrics, and how many were Airflow's."""
    every = list(metrics)
    own = [metric for metric in every if not metric.own]
    return own, len(every) - len(own)


_CONTEXT = {
    "bundle_name",
    "dag_id",
    "filename",
    "lineno",
    "map_index",
    "run_id",
    "task_id",
    "ti_id",
    "try_number",
}
"""Keys that Airflow adds to every log event, and that its place in the record says already."""


def log_groups(events: Iterable[LogEvent]) -> tuple[list[LogEvent], int]:
    """The lines that a reader looks for (the learner's own, and every warning and error), and how many others."""
    every = list(events)
    told = [event for event in every if not _routine(event)]
    return told, len(every) - len(told)


def _routine(event: LogEvent) -> bool:
    airflows = event.logger == "task" or (
        event.logger.startswith("airflow.") and event.logger != "airflow.task"
    )
    return event.channel == "log" and airflows and event.level in ("debug", "info")


def log_details(event: LogEvent) -> str:
    """What the event says beyond its text: its own keys, and the exception in a few words."""
    own = {key: value for key, value in event.fields.items() if key not in _CONTEXT}
    own.pop("error_detail", None)
    said = [json.dumps(own, ensure_ascii=False, default=str)] if own else []
    return " ".join([*said, *(error.said for error in event.errors)])


def lease_words(lease: LeaseRecord) -> str:
    refused = f", closing refused {plural(lease.refused, 'time')}" if lease.refused else ""
    if lease.leaked:
        return f"not given back{refused}"
    return ("open" if lease.closed is None else f"given back at {moment(lease.closed)}") + refused


def left_words(file: LeftFile) -> str | None:
    """What is wrong with the file, or None when nothing is."""
    if file.foreign:
        return None if file.left else "a foreign file, gone or changed"
    return "left behind" if file.left else None


def item_places(evidence: Evidence) -> dict[tuple[str, int | None], str]:
    """Where each item belongs, by the kind and id that a check's line of evidence names."""
    found: dict[tuple[str, int | None], str] = {}
    for kind, items in (
        ("mail", evidence.mails),
        ("slack", evidence.slack),
        ("metric", evidence.metrics),
        ("post", evidence.posts),
        ("log", evidence.logs),
        ("call", evidence.calls),
        ("lease", evidence.leases),
    ):
        for item in items:
            phase = getattr(item, "phase", None)
            component = getattr(item, "component", None)
            found[kind, item.id] = place(item.task_id, item.map_index, item.try_number, component, phase)
    for deadline in evidence.deadlines:
        found["deadline", deadline.id] = deadline.component
    for execution in evidence.executions:
        where = place(execution.task_id, execution.map_index, execution.try_number, execution.component)
        found["attempt", execution.id] = where
    return found


def dropped(evidence: Evidence) -> str:
    """``Beyond the limits and not kept: 12 mails.``, or nothing."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in evidence.dropped.items() if count)
    return f"Beyond the limits and not kept: {kinds}." if kinds else ""
