"""Views of single pieces of evidence, and of those that are no delivery: callback calls, log lines, leases, …"""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

from autograder import deadlinewords
from autograder.checks import reading, structured, words
from autograder.checks.failure import CheckFailed
from autograder.checks.shown import Shown
from autograder.evidence import (
    CallbackCall,
    CallError,
    DeadlineRecord,
    Evidence,
    Execution,
    LeaseRecord,
    LeftFile,
    LogEvent,
)
from autograder.records import Record
from autograder.result import EvidenceLine
from autograder.spans import after_start

__all__ = [
    "AttemptView",
    "CallView",
    "FileView",
    "Item",
    "LeaseView",
    "LogView",
]

R = TypeVar("R", bound=Record)


class Item(Generic[R]):
    """One piece of evidence. ``record`` is the piece as stored, for what a view does not name."""

    evidence_kind: ClassVar[str]
    """The field of Evidence that it is from."""
    line_kind: ClassVar[Any]

    def __init__(self, record: R, evidence: Evidence) -> None:
        self.record: R = record
        self.evidence = evidence
        stored: Any = record
        self.task_id: str | None = getattr(stored, "task_id", None)
        self.map_index: int = getattr(stored, "map_index", -1)
        self.try_number: int | None = getattr(stored, "try_number", None)

    @property
    def kind(self) -> str:
        """What ``of(…)`` asks for."""
        return str(self.line_kind)

    @property
    def name(self) -> str:
        """What ``named(…)`` asks for."""
        return ""

    @property
    def at(self) -> float:
        """Virtual seconds since the start of the run."""
        return getattr(self.record, "at", 0.0)

    @property
    def phase(self) -> str | None:
        """``before`` or ``after`` the barrier, or ``import or callback``."""
        return getattr(self.record, "phase", None)

    @property
    def component(self) -> str | None:
        """Who did it: worker, DAG processor, triggerer, executor."""
        return getattr(self.record, "component", None)

    @property
    def deadline(self) -> DeadlineRecord | None:
        """The record of the deadline whose callback brought it about."""
        return words.deadline_of(self.evidence, getattr(self.record, "execution", None))

    @property
    def at_import(self) -> bool:
        """Whether it came while the DAG's file was imported before there was a run: a fact."""
        number = getattr(self.record, "execution", None)
        life = next((one for one in self.evidence.executions if one.id == number), None)
        return life is not None and life.imports

    @property
    def counts(self) -> bool:
        """Whether the learner's callbacks brought it about: such a thing a check must have seen to pass."""
        return True

    @property
    def call(self) -> CallView | None:
        """The callback call that was open when it happened: a claim."""
        reading.current().kinds.add("calls")
        found = self._call()
        return None if found is None else CallView(found, self.evidence)

    def _call(self) -> CallbackCall | None:
        number = getattr(self.record, "call", None)
        return next((call for call in self.evidence.calls if call.id == number), None)

    @property
    def where(self) -> str | None:
        """The place in the learner's code that it came from, if that is known."""
        call = self._call()
        return None if call is None else words.place(call.file, call.line)

    @property
    def when(self) -> str:
        """In words: ``after try 1 (`up_for_retry`)``."""
        if self.deadline is not None:
            return f"when {deadlinewords.name(self.deadline)} was missed"
        if self.task_id is None and self.component in words.AT:
            return f"{after_start(self.at)}, {words.AT[self.component]}"
        return words.when(self.evidence, self.task_id, self.map_index, self.try_number, self.phase)

    @property
    def summary(self) -> str:
        """In one line, without when."""
        return str(self.record)

    @property
    def line(self) -> EvidenceLine:
        """For the learner to look at."""
        return EvidenceLine(
            kind=self.line_kind,
            text=f"{self.summary} — {self.when}",
            scenario=self.evidence.name,
            item=getattr(self.record, "id", None),
        )

    def look(self) -> None:
        """Note that a check looks at it."""
        noted = reading.current()
        noted.kinds.add(self.evidence_kind)
        noted.look_at(self.line, self.where)
        if self.counts:
            noted.seen.add(self.evidence_kind)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.summary}>"


class LeaseView(Item[LeaseRecord]):
    evidence_kind = "leases"
    line_kind = "lease"

    @property
    def kind(self) -> str:
        return self.record.kind

    @property
    def at(self) -> float:
        return self.record.opened

    @property
    def leaked(self) -> bool:
        return self.record.leaked

    @property
    def counts(self) -> bool:
        return self.record.closed is not None and not self.record.leaked

    @property
    def summary(self) -> str:
        state = "leaked" if self.record.leaked else "given back"
        refused = f", {self.record.refused} times refused" if self.record.refused else ""
        return f"{self.record.kind} #{self.record.id} {state}{refused}"

    @property
    def when(self) -> str:
        return f"taken in try {self.try_number}" if self.try_number else "taken outside of a task's try"


class FileView(Item[LeftFile]):
    evidence_kind = "files"
    line_kind = "file"

    @property
    def kind(self) -> str:
        return "foreign" if self.record.foreign else "own"

    @property
    def name(self) -> str:
        return self.record.path.rpartition("/")[2]

    @property
    def path(self) -> str:
        return self.record.path

    @property
    def left(self) -> bool:
        """Whether it was still there, and unchanged if foreign, at the end of the run."""
        return self.record.left

    @property
    def counts(self) -> bool:
        """There when the task ended and gone later: something cleaned up after the barrier."""
        record = self.record
        return not (record.foreign or record.left or self.removed_by_work) and record.phase == "before"

    @property
    def removed_by_work(self) -> bool:
        """Whether it was there when its try ended, and another's work removed it, or a helper of its own."""
        record = self.record
        if record.removed == "before":
            return record.remover != record.execution
        return record.removed == "callback or helper"

    @property
    def summary(self) -> str:
        owner = "foreign file " if self.record.foreign else ""
        missing = "gone or changed" if self.record.foreign else "gone"
        return (
            f"{owner}{self.record.path} ({self.record.size} bytes), {'left' if self.record.left else missing}"
        )

    @property
    def when(self) -> str:
        if self.record.foreign:
            return "there before the run"
        return f"made in try {self.try_number}" if self.try_number else "made outside of a task's try"


class LogView(Item[LogEvent]):
    evidence_kind = "logs"
    line_kind = "log"

    @property
    def kind(self) -> str:
        return self.record.level

    @property
    def level(self) -> str:
        return self.record.level

    @property
    def name(self) -> str:
        return self.record.logger

    @property
    def logger(self) -> str:
        return self.record.logger

    @property
    def text(self) -> Shown:
        """The line, and the fields given to the logger as ``key=value``."""
        return Shown(self.record.event + self._pairs({"error_detail"}), what="the log line", item=self)

    def _pairs(self, without: set[str]) -> str:
        return "".join(f" {key}={value}" for key, value in self.record.fields.items() if key not in without)

    @cached_property
    def fields(self) -> dict[str, Any] | None:
        """The record that the line carries, in a form that a log system can parse; None for prose."""
        return structured.parse(self.record)

    def get(self, key: str, default: Any = None) -> Any:
        """A value of its record, from the top or from a mapping inside."""
        try:
            return structured.find(self.fields or {}, key)
        except KeyError:
            return default

    def __getitem__(self, key: str) -> Any:
        """A value of its record; the check fails if there is none."""
        try:
            return structured.find(self.fields or {}, key)
        except KeyError:
            raise CheckFailed(
                f"The record has no `{key}`.",
                expected=f"a record with `{key}`",
                observed=str(self.fields or self.text),
                lines=(self.line,),
                where=self.where,
            ) from None

    @property
    def counts(self) -> bool:
        return self.record.call is not None

    @property
    def summary(self) -> str:
        own = self.record.event + self._pairs({"error_detail", "filename", "lineno", "map_index", "ti_id"})
        return f"{self.record.level.upper()} {words.shorten(own)}{self._raised}"

    @property
    def _raised(self) -> str:
        """The exception that was logged with it, if there was one."""
        errors = self.record.errors[:1]
        return "".join(f" ({words.shorten(error.said)})" for error in errors)


class CallView(Item[CallbackCall]):
    evidence_kind = "calls"
    line_kind = "call"

    @property
    def kind(self) -> str:
        return self.record.kind

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def index(self) -> int:
        return self.record.index

    @property
    def at(self) -> float:
        return self.record.start

    @property
    def seconds(self) -> float | None:
        """Seconds that it waited in virtual time or worked, whichever is more; None if it never came back."""
        if self.record.real_ms is None or self.record.end is None:
            return None
        return max(self.record.end - self.record.start, self.record.real_ms / 1000)

    @property
    def beyond(self) -> float:
        """Virtual seconds that its process took after the outcome beside the calls that it told of: a fact."""
        own = self.record.execution
        life = next((one for one in self.evidence.executions if one.id == own), None)
        if life is None or life.barrier is None or life.ended is None:
            return 0.0
        calls = [call for call in self.evidence.calls if call.execution == own and call.start >= life.barrier]
        told = sum((life.ended if call.end is None else call.end) - call.start for call in calls)
        return life.ended - life.barrier - told

    @property
    def returned(self) -> bool | None:
        """True: it returned. False: it raised. None: it never came back."""
        return self.record.returned

    @property
    def error(self) -> CallError | None:
        return self.record.error

    @property
    def context(self) -> list[str]:
        """The keys of the context that it was given."""
        return self.record.context

    @property
    def reason(self) -> str | None:
        """``context["reason"]``, which a DAG's own callbacks get."""
        return self.record.reason

    @property
    def phase(self) -> str:
        return "before" if self.record.kind == "on_execute_callback" else "after"

    def _call(self) -> CallbackCall:
        return self.record

    @property
    def where(self) -> str | None:
        error = self.record.error
        raised = words.place(error.file, error.line) if error else None
        return raised or words.place(self.record.file, self.record.line)

    @property
    def summary(self) -> str:
        return words.call_words(self.record)


class AttemptView(Item[Execution]):
    """One child's life; a rescheduled try has several."""

    evidence_kind = "executions"
    line_kind = "attempt"

    @property
    def kind(self) -> str:
        return self.record.component

    @property
    def at(self) -> float:
        return self.record.started

    @property
    def terminal(self) -> str | None:
        """The state that its terminal message reported."""
        return self.record.terminal

    @property
    def began(self) -> bool:
        """Whether the task's own work began."""
        return self.record.began is not None

    @property
    def exit_code(self) -> int | None:
        return self.record.exit_code

    @property
    def seconds(self) -> float | None:
        """Virtual seconds from its start to its end."""
        return None if self.record.ended is None else self.record.ended - self.record.started

    @property
    def counts(self) -> bool:
        return False

    @property
    def summary(self) -> str:
        terminal = self.record.terminal or "no terminal message"
        return f"try {self.try_number}: {terminal}, exit code {self.record.exit_code}"

    @property
    def when(self) -> str:
        return f"{self.record.component}, second {self.record.started:g}"
