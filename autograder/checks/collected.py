"""Collections of evidence: what ``run.task("x").mails`` and its kin give."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar, overload

from autograder import deadlinewords
from autograder.checks import reading, structured, words
from autograder.checks.deliveries import MailView, MetricView, PostView, SlackView
from autograder.checks.failure import CheckMistake
from autograder.checks.items import (
    AttemptView,
    CallView,
    FileView,
    Item,
    LeaseView,
    LogView,
)
from autograder.evidence import DeadlineRecord, Evidence, Execution
from autograder.faults import seconds
from autograder.spans import duration

__all__ = [
    "Attempts",
    "Calls",
    "Deliveries",
    "Files",
    "Items",
    "Leases",
    "Logs",
    "Mails",
    "Metrics",
    "Posts",
    "Scope",
    "SlackMessages",
]

T = TypeVar("T", bound=Item[Any])


@dataclass(frozen=True)
class Scope:
    """Whose evidence it is: a task's, one mapped instance's, one try's, one deadline's, or the whole run's."""

    evidence: Evidence
    task_id: str | None = None
    map_index: int | None = None
    try_number: int | None = None
    deadline: DeadlineRecord | None = None

    def holds(self, record: Any) -> bool:
        """Whether a record is of this scope."""
        if self.deadline is not None:
            number = record.id if isinstance(record, Execution) else record.execution
            return words.deadline_of(self.evidence, number) == self.deadline
        if self.task_id is not None and record.task_id != self.task_id:
            return False
        if self.map_index is not None and record.map_index != self.map_index:
            return False
        return self.try_number is None or record.try_number == self.try_number

    def __str__(self) -> str:
        if self.deadline is not None:
            return deadlinewords.name(self.deadline)
        if self.task_id is None:
            return "the run"
        index = f"[{self.map_index}]" if self.map_index is not None else ""
        number = f" at try {self.try_number}" if self.try_number is not None else ""
        return f"`{self.task_id}{index}`{number}"


class Items(Generic[T]):
    """Pieces of evidence of one kind, in the order in which they happened."""

    kind: ClassVar[str]
    """The field of Evidence that they are from."""

    def __init__(self, items: tuple[T, ...], scope: Scope, narrowed: tuple[str, ...] = ()) -> None:
        self.items = items
        self.scope = scope
        self.narrowed = narrowed
        """In words, what this is narrowed to: ``after try 2``, ``named x``."""
        reading.current().kinds.add(self.kind)

    def of(self, *kinds: str) -> Any:
        """Only these kinds: of callbacks, leases, metrics (counter, …), levels of log lines, …"""
        return self.that(lambda item: item.kind in kinds, f"of {words.listing(kinds, 'or')}")

    def named(self, *names: str) -> Any:
        """Only those with one of these names: of a metric, a callback, a file, a logger, a path."""
        return self.that(lambda item: item.name in names, f"named {words.listing(names, 'or')}")

    def by(self, *components: str) -> Any:
        """Only those of these components: worker, DAG processor, triggerer, executor."""
        if strange := [name for name in components if name not in words.COMPONENTS]:
            raise CheckMistake(
                f"there is no component {strange[0]!r}; there are {words.listing(words.COMPONENTS)}"
            )
        names = [f"the {name}" for name in components]
        return self.that(lambda item: item.component in components, f"from {words.listing(names, 'or')}")

    def before(self, moment: float | str) -> Any:
        """Only those from before this moment (``"2h"``) of virtual time after the start of the run."""
        limit = seconds(moment)
        return self.that(lambda item: item.at < limit, f"in the first {duration(limit)} of the run")

    def since(self, moment: float | str) -> Any:
        """Only those from this moment (``"2h"``) of virtual time after the start of the run on."""
        limit = seconds(moment)
        return self.that(lambda item: item.at >= limit, f"{duration(limit)} or later into the run")

    def after_try(self, number: int) -> Any:
        """Only those of this try from after its barrier, when its outcome was known, and not from a helper."""
        return self.that(
            lambda item: item.try_number == number and words.is_after(item.phase), f"after try {number}"
        )

    def of_try(self, number: int) -> Any:
        """Only those of this try, before or after its barrier."""
        return self.that(lambda item: item.try_number == number, f"of try {number}")

    def that(self, condition: Callable[[T], bool], words: str) -> Any:
        """Only those that meet the condition; ``words`` say it in a sentence: ``that name the run``."""
        kept = tuple(item for item in self.items if condition(item))
        return type(self)(kept, self.scope, (*self.narrowed, words))

    def only(self) -> T:
        """The one there is; the check fails if there is none, or more than one."""
        from autograder.checks import diagnosis

        if len(self.items) != 1:
            raise diagnosis.wrong_number(self, "exactly", 1)
        self.items[0].look()
        return self.items[0]

    def first(self) -> T:
        """The earliest; the check fails if there is none."""
        return self[0]

    def last(self) -> T:
        """The latest; the check fails if there is none."""
        return self[-1]

    def __iter__(self) -> Iterator[T]:
        self._noted()
        for item in self.items:
            item.look()
            yield item

    def __len__(self) -> int:
        self._noted()
        return len(self.items)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return list(self)[index]
        try:
            item = self.items[index]
        except IndexError:
            from autograder.checks import diagnosis

            need = index + 1 if index >= 0 else -index
            raise diagnosis.wrong_number(self, "at least", need) from None
        item.look()
        return item

    def _noted(self) -> None:
        noted = reading.current()
        if not self.items:
            noted.absent.add(self.kind)
        elif any(item.counts for item in self.items):
            noted.seen.add(self.kind)

    @property
    def phrase(self) -> str:
        """What this is narrowed to, with a blank before it; empty if to nothing."""
        return "".join(f" {word}" for word in self.narrowed)

    def __repr__(self) -> str:
        return f"<{len(self.items)} {self.kind} of {self.scope}{self.phrase}>"


class Deliveries(Items[T]):
    """What arrived at a stand-in."""


class Mails(Deliveries[MailView]):
    kind = "mails"


class SlackMessages(Deliveries[SlackView]):
    kind = "slack"


class Posts(Deliveries[PostView]):
    kind = "posts"


class Metrics(Deliveries[MetricView]):
    """The learner's metrics; Airflow's own are left out."""

    kind = "metrics"

    def tagged(self, **tags: Any) -> Metrics:
        """Only those with these tags; ``...`` for any value, a function for a condition."""
        said = " ".join(f"{key}={structured.wording(value)}" for key, value in tags.items())
        kept = self.that(lambda metric: not structured.differences(metric.tags, tags), f"tagged {said}")
        assert isinstance(kept, Metrics)
        return kept

    def total(self) -> float:
        """The sum of their values."""
        return sum(metric.value for metric in self)


class Leases(Items[LeaseView]):
    kind = "leases"


class Files(Items[FileView]):
    kind = "files"

    def foreign(self) -> Files:
        """Only those that were there before the run and are not the DAG's to touch."""
        kept = self.that(lambda file: file.record.foreign, "that are not the DAG's")
        assert isinstance(kept, Files)
        return kept


class Logs(Items[LogView]):
    kind = "logs"

    def in_callbacks(self) -> Logs:
        """Only what was written during a callback call."""
        kept = self.that(lambda line: line.record.call is not None, "from a callback")
        assert isinstance(kept, Logs)
        return kept

    def records(self, *keys: str, **fields: Any) -> Logs:
        """Only lines that carry a record in a form that a log system can parse, with these keys and fields.

        Values as in ``expect(…).has(…)``.
        """
        wanted = {**dict.fromkeys(keys, ...), **fields}
        said = [f"`{key}`" for key in keys]
        said += [f"`{key}` {structured.wording(value)}" for key, value in fields.items()]
        with_keys = f" with {words.listing(said)}" if said else ""
        kept = self.that(
            lambda line: line.fields is not None and not structured.differences(line.fields, wanted),
            f"that a log system can parse{with_keys}",
        )
        assert isinstance(kept, Logs)
        return kept

    def matching(self, pattern: str) -> Logs:
        """Only lines in which this regular expression is found."""
        kept = self.that(lambda line: re.search(pattern, line.text) is not None, f"matching {pattern!r}")
        assert isinstance(kept, Logs)
        return kept


class Calls(Items[CallView]):
    """Callback calls, with all they brought about."""

    kind = "calls"

    @property
    def logs(self) -> Logs:
        """The lines written during these calls."""
        calls = {call.record.id for call in self.items}
        found = (
            LogView(line, self.scope.evidence) for line in self.scope.evidence.logs if line.call in calls
        )
        return Logs(tuple(found), self.scope, (f"from a callback{self.phrase}",))


class Attempts(Items[AttemptView]):
    """The lives of a task's children on the worker."""

    kind = "executions"
