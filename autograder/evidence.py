"""Evidence: all that was recorded of one scenario. Immutable, stored as JSON, read without Airflow.

Times are virtual seconds since the start of the run (``Evidence.epoch``); ``real_ms`` is what it cost in truth.
Every kind of item is *fact* (seen from outside the jail) or *claim* (said from inside); ``STRENGTH`` says which.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Literal

from autograder.records import Record
from autograder.scenario import Scenario

__all__ = [
    "STRENGTH",
    "Alive",
    "CallError",
    "CallbackCall",
    "Channel",
    "Component",
    "DeadlineRecord",
    "Evidence",
    "Execution",
    "Frame",
    "Isolation",
    "Layer",
    "LeaseRecord",
    "LeftFile",
    "LogEvent",
    "Mail",
    "Metric",
    "Phase",
    "Post",
    "Problem",
    "RunOutcome",
    "SlackMessage",
    "StandIn",
    "TaskRecord",
    "Transition",
    "WrongKey",
    "comparable",
    "load",
    "store",
]

SCHEMA_VERSION = "1"

Component = Literal["worker", "DAG processor", "triggerer", "executor"]
Phase = Literal["before", "after", "callback or helper", "import or callback"]
"""Before or after the barrier; after it, outside every callback call, while a helper of the task's work was alive; and
of a child that has no barrier."""
RunOutcome = Literal["ran", "error", "timeout", "unsupported", "stuck"]
Channel = Literal["log", "stdout", "stderr"]
Strength = Literal["fact", "claim"]
StandIn = Literal["smtp", "slack", "slack_api", "monitoring", "leases"]
"""What has a key of its own for each child; ``slack`` is the webhook, ``slack_api`` the Web API."""
Layer = Literal["A", "B", "C", "D"]
"""What the jail is built of, best first; D is limits only, and no sandbox (``autograder.jail.layers``)."""

STRENGTH: dict[str, Strength] = {
    "executions": "fact",
    "transitions": "fact",
    "mails": "fact",
    "slack": "fact",
    "metrics": "fact",
    "posts": "fact",
    "leases": "fact",
    "wrong_keys": "fact",
    "files": "fact",
    "deadlines": "fact",
    "calls": "claim",
    "logs": "claim",
    "tasks": "fact",
}


class Problem(Record):
    """Why a submission, or a scenario of it, could not be run as asked: a sentence, a place, what to do."""

    title: str
    """One sentence."""
    detail: str = ""
    """The learner's frames of the traceback, or the rest of the explanation. May be empty."""
    file: str | None = None
    line: int | None = None
    advice: str = ""
    full_traceback: str = ""


class Alive(Record):
    """Who is there beside a task's own thread: what its work has started and not ended."""

    threads: int = 0
    processes: int = 0
    unsent: int = 0
    """Connections to our stand-ins on which something was on its way that had not arrived."""

    @property
    def anybody(self) -> bool:
        """Whether what comes later may be the doing of somebody else than a callback."""
        return bool(self.threads or self.processes or self.unsent)


class Execution(Record):
    """One child's life. A rescheduled or deferred try has several; a child that parses a DAG file has no task."""

    id: int
    component: Component
    work: str | None = None
    """What it was started for, where that is none of the run's tasks: a trigger's class path, a deadline callback's
    path, ``dag.task`` (or ``dag``, for its own callbacks) of a run that this one has triggered."""
    deadline: int | None = None
    """The id of the deadline whose callback it runs."""
    task_id: str | None = None
    map_index: int = -1
    try_number: int | None = None
    started: float
    began: float | None = None
    """When a task's work began: from then on the child knows what the scenario does to it."""
    ended: float | None = None
    real_ms: float = 0.0
    exit_code: int | None = None
    """Negative: minus the signal that ended it. None: it was still there when the scenario was stopped."""
    stopped: bool = False
    """Whether it was made to stop: its task's state had been changed from outside, or its time was up."""
    terminal: str | None = None
    """The state its terminal message reported: success, failed, up_for_retry, skipped, deferred, up_for_reschedule,
    awaiting_input."""
    barrier: float | None = None
    """When the terminal message arrived."""
    alive: Alive | None = None
    """Who was alive beside it then; None: there was no such message, or the system cannot tell."""
    changed: list[str] = []
    """Files of the submission that were other ones than those handed in, or gone, or new, when it began."""
    frames: list[Frame] = []
    violations: list[str] = []
    """Breaches of Airflow's wire protocol, each of which ended the execution."""

    @property
    def imports(self) -> bool:
        """Whether this is the import before there is a run: the first child, and whoever says what is in the file."""
        says = any(frame.type == "DagFileParsingResult" for frame in self.frames)
        return self.component == "DAG processor" and (says or self.id == 1)


class Frame(Record):
    """One request on Airflow's wire, in order of arrival."""

    at: float
    type: str
    stand_in: str | None = None
    """The kind of stand-in whose connection it asked for, and got: smtp, slack, slack_api or monitoring."""


class Transition(Record):
    """A change of a task instance's state in the metadata database."""

    at: float
    task_id: str
    map_index: int = -1
    try_number: int
    state: str | None


class TaskRecord(Record):
    """A task instance as the run ended, and what the parsed DAG says of the task."""

    task_id: str
    map_index: int = -1
    state: str | None
    tries: int
    """How many tries were started."""
    retries: int = 0
    operator: str = ""
    log_url: str = ""
    """The address of the last try's log, as ``ti.log_url`` gives it."""
    counted: bool = False
    """True: not run, it counted as succeeded."""


class _Delivery(Record):
    """Something that arrived at a stand-in. Execution and phase are fact, the callback call is a claim."""

    id: int
    execution: int | None
    """The execution whose own address it came to, with that execution's key; None: it brought another's, or none."""
    component: Component | None = None
    task_id: str | None = None
    map_index: int = -1
    try_number: int | None = None
    phase: Phase
    at: float
    call: int | None = None
    """The id of the callback call that was open when it arrived."""


class Mail(_Delivery):
    sender: str
    to: list[str]
    subject: str
    text: str
    """The plain part; without one, the HTML as text."""
    html: str | None = None
    headers: dict[str, str] = {}
    status: int = 250
    """The SMTP reply code it was answered with; from 400 on it was refused."""


class SlackMessage(_Delivery):
    door: Literal["webhook", "web_api"]
    payload: dict[str, Any]
    text: str
    """Every text of the payload, in reading order, one a line."""
    status: int
    """The HTTP status it was answered with; 0: not answered."""
    error: str = ""
    """Slack's own word for what is wrong with it, such as ``no_text``; empty: nothing is."""


class Metric(_Delivery):
    name: str
    value: float
    type: Literal["counter", "gauge", "timer", "set", "histogram", "distribution"]
    tags: dict[str, str] = {}
    raw: str
    own: bool = False
    """True: it carries Airflow's prefix and is one of Airflow's own, not the learner's."""


class Post(_Delivery):
    """A request to the monitoring endpoint."""

    method: str
    path: str
    body: Any = None
    """Parsed JSON, or the text as it came."""
    authorized: bool
    status: int


class WrongKey(_Delivery):
    """A key that does not open, shown at the door of this execution's stand-in. What came with it was not taken, or (a
    Slack message, a POST) not as a delivery that counts."""

    stand_in: StandIn
    owner: int | None = None
    """The execution one of whose keys it is; None: nobody's."""


class LeaseRecord(Record):
    """A resource taken through ``coursekit.connect``."""

    id: int
    kind: str
    execution: int | None
    task_id: str | None = None
    map_index: int = -1
    try_number: int | None = None
    opened: float
    closed: float | None = None
    closed_phase: Phase | None = None
    """When it was given back: the task's own work does so before the barrier, a callback after it."""
    refused: int = 0
    """How many closings were refused."""
    leaked: bool
    """True: it was not given back; it ended, if at all, because the process did."""


class LeftFile(Record):
    """A file in the scenario's private directory that was there at a barrier or at the end of an execution."""

    path: str
    """Relative to the private directory, with forward slashes."""
    size: int
    execution: int | None
    """The execution during which it appeared; None: a foreign file that was there before the run."""
    task_id: str | None = None
    map_index: int = -1
    try_number: int | None = None
    foreign: bool = False
    phase: Phase | None = None
    """When it was first seen."""
    removed: Phase | None = None
    """When it was found to be gone: before, if its own task was still at work; None: it never was, or nobody ran."""
    remover: int | None = None
    """The execution that ran then."""
    left: bool
    """Whether it was still there at the end of the run, unchanged if foreign."""


class LogEvent(Record):
    """One structured log record, or one line of standard output or error."""

    id: int
    execution: int
    component: Component
    task_id: str | None = None
    map_index: int = -1
    try_number: int | None = None
    phase: Phase
    at: float
    channel: Channel
    level: str
    logger: str
    event: str
    fields: dict[str, Any] = {}
    """All other keys, ``error_detail`` among them."""
    call: int | None = None

    @property
    def errors(self) -> list[CallError]:
        """The exceptions that were logged with it, as far as they can be understood."""
        detail = self.fields.get("error_detail")
        return [
            CallError(type=str(error.get("exc_type")), message=str(error.get("exc_value") or ""))
            for error in (detail if isinstance(detail, list) else [])
            if isinstance(error, dict)
        ]


class DeadlineRecord(Record):
    """A deadline of the run (Airflow: Deadline Alert), as the metadata database has it."""

    id: int
    """Its place among the run's deadlines, in the order of their moments."""
    name: str | None = None
    """The alert's name, if its author gave one."""
    reference: str
    """The reference's name, such as DagRunQueuedAtDeadline."""
    interval: float | None = None
    """Seconds after the reference, as the DAG says; None: a Variable does."""
    at: float
    """Its moment; before the run's start it is negative."""
    missed: float | None = None
    """When the scheduler saw that it was missed."""
    pruned: float | None = None
    """When it was dropped because the run had succeeded in time."""
    callback: str
    """The dotted path of its callback."""
    component: Component
    """Where its callback runs: the triggerer (``AsyncCallback``) or the executor (``SyncCallback``)."""
    state: str | None = None
    """The callback's state at the end: scheduled, pending, queued, running, success or failed."""
    output: str = ""
    """What Airflow kept of the callback's result or error."""


class CallError(Record):
    type: str
    message: str
    file: str | None = None
    line: int | None = None
    detail: str = ""
    """The learner's own frames."""

    @property
    def said(self) -> str:
        """``KeyError: 'ti'``; ``TimeoutError`` if it has no text."""
        return f"{self.type}: {self.message}" if self.message else self.type


class CallbackCall(Record):
    """One invocation of one callback, as the jail reported it."""

    id: int
    execution: int
    component: Component
    task_id: str | None
    map_index: int = -1
    try_number: int | None = None
    kind: str
    """on_execute_callback, on_failure_callback, …; a DAG's own are dag_failure_callback, dag_success_callback;
    a deadline's is deadline_callback."""
    deadline: int | None = None
    """The id of the deadline that it belongs to."""
    context: list[str] = []
    """The keys of the context that it was given, sorted."""
    reason: str | None = None
    """``context["reason"]``, which a DAG's own callbacks get."""
    index: int
    name: str
    file: str | None = None
    line: int | None = None
    """Where the callback is defined, when that is in the submission."""
    phase: Phase | None = None
    """In which phase the word of it arrived: a fact; None: evidence from before this was recorded."""
    start: float
    end: float | None = None
    real_ms: float | None = None
    returned: bool | None = None
    """True: it returned. False: it raised. None: it never came back."""
    error: CallError | None = None
    logs: list[int] = []
    deliveries: list[int] = []


class Isolation(Record):
    """How well the learner's code was locked up: the layer that was had, by trying, and what it is made of."""

    layer: Layer
    active: list[str]
    """The parts in force, as people read them."""
    missing: dict[str, str] = {}
    """Part → why it could not be had."""
    self_test: dict[str, bool] = {}
    """What was tried inside, before any of the learner's code → whether the jail held, in every child."""


class Evidence(Record):
    """All that was recorded of one scenario."""

    schema_version: Literal["1"] = "1"
    name: str
    scenario: Scenario
    seed: int
    secrets: dict[str, str]
    """``task_id#try`` → the secret used."""
    airflow: str
    epoch: str
    """The virtual start of the run, ISO 8601."""
    dag_id: str | None = None
    run_id: str | None = None
    outcome: RunOutcome
    """error: the submission could not be run, or has used up a limit; timeout: its time was over (``wall``, ``cpu``, or
    Airflow's own); unsupported, stuck: our fault."""
    problem: Problem | None = None
    state: str | None = None
    """The DAG run's state at the end."""
    run_ended: float | None = None
    """When the DAG run got that state, if it is one to end in. A deadline's alert may still come after it."""
    ended: float | None = None
    """When everything was over."""
    tasks: list[TaskRecord] = []
    task_ids: list[str] = []
    """All tasks of the DAG, in its order."""
    declared: dict[str, list[str]] | None = None
    """Task id → the kinds of its callbacks, as the parsed DAG says; under the empty name the DAG's own. None: nothing
    was parsed."""
    mailing: list[str] | None = None
    """The tasks for which Airflow itself sends mails, by their ids, as the parsed DAG says; None: that is not known."""
    executions: list[Execution] = []
    transitions: list[Transition] = []
    deadlines: list[DeadlineRecord] = []
    calls: list[CallbackCall] = []
    logs: list[LogEvent] = []
    mails: list[Mail] = []
    slack: list[SlackMessage] = []
    metrics: list[Metric] = []
    posts: list[Post] = []
    leases: list[LeaseRecord] = []
    wrong_keys: list[WrongKey] = []
    files: list[LeftFile] = []
    dropped: dict[str, int] = {}
    """What went beyond a limit and was not kept, by kind of item."""
    isolation: Isolation | None = None
    timings: dict[str, float] = {}
    """Real milliseconds by phase."""


def store(evidence: Evidence, folder: Path) -> Path:
    """Write ``NAME.json`` (everything) and ``NAME.callbacks.jsonl`` (the callback log), whole or not at all.

    Returns the path of the first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = "".join(_call_line(evidence, call) + "\n" for call in evidence.calls)
    for name, text in (
        (f"{evidence.name}.callbacks.jsonl", log),
        (f"{evidence.name}.json", evidence.model_dump_json(indent=1)),
    ):
        part = folder / f".{name}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(folder / name)
    return folder / f"{evidence.name}.json"


def load(path: Path) -> Evidence:
    """Read stored evidence.

    :raises OSError: when it is not there.
    :raises pydantic.ValidationError: when it is not evidence of this schema.
    """
    return Evidence.model_validate_json(path.read_bytes())


_NOISE = (
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"\b127\.0\.0\.1:\d+"), "127.0.0.1:PORT"),
    (re.compile(r"\b127\.0\.0\.1', port=\d+"), "127.0.0.1', port=PORT"),
    (re.compile(r"\bPID: \d+"), "PID: N"),
    (re.compile(r"\bairflow-[0-9a-f]{12}@example\.com\b"), "airflow-KEY@example.com"),
    (re.compile(r"\bchild-[0-9a-f]{16}\b"), "child-KEY"),
    (re.compile(r" at 0x[0-9a-f]+"), " at 0x"),
    # Airflow names a DAG file's module after the folder it is in, which is a new one for every run.
    (re.compile(r"\bunusual_prefix_[0-9a-f]{40}_"), ""),
)
_REAL = {"isolation", "real_ms", "timings", "pid", "process", "thread"}


def comparable(evidence: Evidence) -> Any:
    """The record without what differs from one run to the next: ids, pids, ports, addresses, real durations,
    and how well this machine could lock it up.

    Two runs of the same submission with the same grading seed are equal in this form.
    """
    return _masked(evidence.model_dump(mode="json"))


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items() if key not in _REAL}
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if isinstance(value, str):
        for pattern, name in _NOISE:
            value = pattern.sub(name, value)
    return value


def _call_line(evidence: Evidence, call: CallbackCall) -> str:
    logs = {event.id: event for event in evidence.logs}
    record = call.model_dump(mode="json") | {
        "logs": [
            {"level": logs[i].level, "event": logs[i].event, **logs[i].fields} for i in call.logs if i in logs
        ]
    }
    return json.dumps(record)
