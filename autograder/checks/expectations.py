"""``expect(…)``: what a check demands of evidence. Each demand that fails says so in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Generic, Self, TypeVar, overload

from autograder.checks import diagnosis, reading, structured, words
from autograder.checks.collected import Calls, Files, Items, Leases, Logs
from autograder.checks.deadlines import DeadlineView
from autograder.checks.failure import CheckFailed, CheckMistake
from autograder.checks.items import CallView, FileView, Item, LogView
from autograder.checks.lateness import DeadlineExpectation
from autograder.checks.values import OrderExpectation, ValueExpectation

__all__ = [
    "CallsExpectation",
    "FilesExpectation",
    "ItemsExpectation",
    "LeasesExpectation",
    "LogsExpectation",
    "expect",
]

C = TypeVar("C", bound=Items[Any])


class ItemsExpectation(Generic[C]):
    """Demands on a collection."""

    def __init__(self, items: C) -> None:
        self._items = items

    def one(self, *, after_try: int | None = None) -> Self:
        """Exactly one; with ``after_try`` it came after that try, when its outcome was known."""
        found = self._items.items
        if len(found) != 1:
            narrowed = self._items if after_try is None else self._missing_try(after_try)
            raise diagnosis.wrong_number(narrowed, "exactly", 1)
        only = found[0]
        if after_try is not None and (only.try_number != after_try or not words.is_after(only.phase)):
            kind = words.noun(self._items.kind)
            raise diagnosis.failed(
                f"The {kind} of {self._items.scope} came {only.when}, not after try {after_try}.",
                expected=f"exactly one {kind}{self._items.phrase}, after try {after_try}",
                observed=diagnosis.observed(self._items),
                items=found,
            )
        return self._seen()

    def none(self) -> Self:
        """Nothing at all."""
        found = self._items.items
        if found:
            kind, number = self._items.kind, len(found)
            when, phrase = found[0].when, self._items.phrase
            # "One mail after try 1 arrived, after try 1" says it twice.
            said = words.there_is(number, kind, "" if phrase.strip() in when else phrase, self._items.scope)
            raise diagnosis.failed(
                f"{said}, {when}.",
                expected=f"no {words.noun(kind)}{self._items.phrase}",
                observed=diagnosis.observed(self._items),
                items=found,
            )
        reading.current().absent.add(self._items.kind)
        return self

    def some(self) -> Self:
        """One or more."""
        return self.at_least(1)

    def at_least(self, number: int) -> Self:
        """So many or more."""
        if len(self._items.items) < number:
            raise diagnosis.wrong_number(self._items, "at least", number)
        return self._seen()

    def exactly(self, number: int) -> Self:
        """So many, no more and no fewer."""
        if number == 0:
            return self.none()
        if len(self._items.items) != number:
            raise diagnosis.wrong_number(self._items, "exactly", number)
        return self._seen()

    def each(self, condition: Callable[[Any], bool], sentence: str) -> Self:
        """Every one meets the condition, and there is one. ``sentence``: ``names the run``."""
        self.at_least(1)
        wrong = tuple(item for item in self._items.items if not condition(item))
        if wrong:
            kind = words.noun(self._items.kind)
            raise diagnosis.failed(
                f"Not every {kind} of {self._items.scope} {sentence}: {wrong[0].summary}",
                expected=f"every {kind}{self._items.phrase} {sentence}",
                observed=f"{len(wrong)} of {len(self._items.items)} do not: "
                + "; ".join(f"{item.summary} ({item.when})" for item in wrong),
                items=wrong,
            )
        return self

    def in_order(self, *names: str) -> Self:
        """They began in the order of these names, each once."""
        happened = [item.name for item in self._items.items]
        if happened != list(names):
            raise diagnosis.failed(
                f"The order is {words.listing([f'`{name}`' for name in happened]) or 'empty'}.",
                expected=words.listing([f"`{name}`" for name in names]) + ", in this order",
                observed=words.listing([f"`{name}`" for name in happened]) or "nothing",
                items=self._items.items,
            )
        return self._seen()

    def _missing_try(self, number: int) -> Items[Any]:
        """For words only: if there is nothing, say after which try something was due."""
        if self._items.items:
            return self._items
        return type(self._items)((), self._items.scope, (*self._items.narrowed, f"after try {number}"))

    def _seen(self) -> Self:
        for item in self._items.items:
            item.look()
        return self


class CallsExpectation(ItemsExpectation[Calls]):
    """Demands on callback calls: claims, so prefer what arrived outside."""

    def each_returned(self) -> Self:
        """Every call came back without raising, and there was one."""
        self.at_least(1)
        wrong = tuple(call for call in self._items.items if call.returned is not True)
        if wrong:
            first = wrong[0]
            if first.returned is None:
                sentence = f"Your `{first.name}` never came back."
            else:
                error = first.error
                sentence = f"Your `{first.name}` raised {error.type if error else 'an exception'}."
            raise diagnosis.failed(
                sentence,
                expected=f"every callback call{self._items.phrase} returns",
                observed="; ".join(call.summary for call in wrong),
                items=wrong,
            )
        return self

    def each_within(self, seconds: float) -> Self:
        """Every call came back within so many seconds, and there was one.

        When a call came back is a claim, and when the process ended is a fact: after the outcome, it took no more than
        that beyond what the calls say.
        """
        self.at_least(1)
        wrong = tuple(call for call in self._items.items if call.seconds is None or call.seconds > seconds)
        if wrong:
            first = wrong[0]
            took = "never came back" if first.seconds is None else f"took {first.seconds:.1f} seconds"
            raise diagnosis.failed(
                f"Your `{first.name}` {took}.",
                expected=f"every callback call{self._items.phrase} takes at most {seconds:g} seconds",
                observed="; ".join(
                    f"{call.name}: {'no end' if call.seconds is None else f'{call.seconds:.1f} s'}"
                    for call in self._items.items
                ),
                items=wrong,
            )
        for call in self._items.items:
            if (beyond := call.beyond) > seconds:
                raise diagnosis.failed(
                    f"Your callbacks say that they had returned, but their process went on for {beyond:.1f} seconds.",
                    expected=f"a process that ends at most {seconds:g} seconds after its callbacks have returned",
                    observed=f"one that goes on for {beyond:.1f} seconds",
                    items=(call,),
                )
        return self

    def in_order(self, *names: str) -> Self:
        """Each began after the one before had ended, in the order of the list that they were given in.

        With names: and these are their names, each once.
        """
        if names:
            super().in_order(*names)
        self.at_least(1)
        by_list: dict[tuple[Any, ...], list[CallView]] = {}
        for call in self._items.items:
            key = (call.task_id, call.map_index, call.try_number, call.kind, call.record.execution)
            by_list.setdefault(key, []).append(call)
        for calls in by_list.values():
            indexes = [call.index for call in calls]
            overlap = any(
                earlier.record.end is not None and later.at < earlier.record.end
                for earlier, later in pairwise(calls)
            )
            if indexes != sorted(set(indexes)) or overlap:
                raise diagnosis.failed(
                    f"The callbacks of {self._items.scope} did not run one after the other, each once.",
                    expected="each callback once, in the order of its list",
                    observed="; ".join(call.summary for call in calls),
                    items=tuple(calls),
                )
        return self


class LeasesExpectation(ItemsExpectation[Leases]):
    """Demands on what was taken through ``coursekit.connect``."""

    def given_back(self) -> Self:
        """Something was taken, and all of it was given back before its process ended."""
        self.at_least(1)
        leaked = tuple(lease for lease in self._items.items if lease.leaked)
        if leaked:
            total = len(self._items.items)
            kinds = words.listing(sorted({f"`{lease.kind}`" for lease in leaked}))
            raise diagnosis.failed(
                f"{len(leaked)} of {words.count(total, 'leases')} of {self._items.scope} "
                f"{'was' if len(leaked) == 1 else 'were'} not given back: {kinds}.",
                expected=f"every lease{self._items.phrase} is given back",
                observed="; ".join(lease.summary for lease in self._items.items),
                items=leaked,
            )
        return self


class FilesExpectation(ItemsExpectation[Files]):
    """Demands on files in the scenario's private directory."""

    def gone(self) -> Self:
        """Files were there when the task ended, and none of them at the end of the run."""
        own = tuple(file for file in self._items.items if not file.record.foreign)
        before = [file for file in own if file.record.phase == "before"]
        if not before:
            raise diagnosis.wrong_number(
                Files((), self._items.scope, (*self._items.narrowed, "at the end of a try")), "at least", 1
            )
        self._none_of(own, lambda file: file.left, "left behind", "no file is left behind")
        if self._items.scope.evidence.dropped.get("files"):
            # Whoever renames a file among so many has it look as if it was gone.
            raise diagnosis.failed(
                "The run made more files than are recorded, so nobody can tell whether these were removed.",
                expected="files are removed by a callback",
                observed="; ".join(file.summary for file in before),
            )
        return self._none_of(
            own,
            lambda file: file.removed_by_work,
            "removed by the work of a later try or of another task, or by a helper that was left alive",
            "files are removed by a callback",
        )

    def untouched(self) -> Self:
        """Every foreign file is there and unchanged.

        :raises CheckMistake: when there are no foreign files to touch.
        """
        foreign = tuple(file for file in self._items.items if file.record.foreign)
        if not foreign:
            raise CheckMistake(
                "there is no foreign file in this evidence, so nothing that could be untouched"
            )
        reading.current().absent.add("files")
        return self._none_of(
            foreign,
            lambda file: not file.left,
            "deleted or changed",
            "files that are not the DAG's stay as they are",
        )

    def _none_of(
        self, files: tuple[FileView, ...], wrong: Callable[[FileView], bool], state: str, expected: str
    ) -> Self:
        bad = tuple(file for file in files if wrong(file))
        if bad:
            names = words.listing([f"`{file.path}`" for file in bad])
            raise diagnosis.failed(
                f"{names} {'was' if len(bad) == 1 else 'were'} {state}.",
                expected=expected,
                observed="; ".join(file.summary for file in files),
                items=bad,
            )
        for file in files:
            file.look()
        return self


class LogsExpectation(ItemsExpectation[Logs]):
    """Demands on log lines: claims."""

    def contains_record(self, **fields: Any) -> Self:
        """One line carries a record with these fields, in a form that a log system can parse.

        A value may be ``...`` for anything, a type such as ``int``, ``between(0, 10)``, or a condition.
        """
        wanted = ", ".join(f"`{key}` {structured.wording(value)}" for key, value in fields.items())
        best: tuple[int, Any, list[str]] | None = None
        for line in self._items.items:
            if line.fields is None:
                continue
            wrong = structured.differences(line.fields, fields)
            if not wrong:
                line.look()
                return self
            if best is None or len(wrong) < best[0]:
                best = (len(wrong), line, wrong)
        if best is None:
            raise CheckFailed(
                f"No log line{self._items.phrase} of {self._items.scope} is one that a log system can parse.",
                expected=f"a record with {wanted}",
                observed=diagnosis.observed(self._items),
                lines=tuple(item.line for item in self._items.items[-5:]),
            )
        raise diagnosis.failed(
            f"The record is not as asked: {words.listing(best[2])}.",
            expected=f"a record with {wanted}",
            observed=str(best[1].fields),
            items=(best[1],),
        )


@overload
def expect(what: Calls) -> CallsExpectation: ...
@overload
def expect(what: Leases) -> LeasesExpectation: ...
@overload
def expect(what: Files) -> FilesExpectation: ...
@overload
def expect(what: Logs) -> LogsExpectation: ...
@overload
def expect(what: DeadlineView) -> DeadlineExpectation: ...
@overload
def expect(what: C) -> ItemsExpectation[C]: ...
@overload
def expect(what: list[Item[Any]] | tuple[Item[Any], ...]) -> OrderExpectation: ...
@overload
def expect(what: Any) -> ValueExpectation: ...
def expect(what: Any) -> Any:
    """Begin a demand: ``expect(fails.task("x").mails).one(after_try=2)``.

    Of a collection, a deadline, a list of single pieces of evidence, a log record, or any value taken from them.
    """
    match what:
        case Calls():
            return CallsExpectation(what)
        case Leases():
            return LeasesExpectation(what)
        case Files():
            return FilesExpectation(what)
        case Logs():
            return LogsExpectation(what)
        case Items():
            return ItemsExpectation(what)
        case DeadlineView():
            return DeadlineExpectation(what)
        case LogView():
            return ValueExpectation(what.fields)
        case [Item(), *_]:
            return OrderExpectation(list(what))
    return ValueExpectation(what)
