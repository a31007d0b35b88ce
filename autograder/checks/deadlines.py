"""Deadlines as a check sees them: when they are due, whether they were missed, and what their callbacks did."""

from __future__ import annotations

from collections.abc import Callable

from autograder import deadlinewords
from autograder.checks import words
from autograder.checks.collected import Items, Scope
from autograder.checks.items import Item
from autograder.checks.scoped import Scoped
from autograder.evidence import DeadlineRecord, Evidence
from autograder.spans import after_start, duration

__all__ = ["DeadlineView", "Deadlines"]


class DeadlineView(Item[DeadlineRecord], Scoped):
    """One deadline of the run. Its deliveries, calls and log lines are those of its own callback."""

    evidence_kind = "deadlines"
    line_kind = "deadline"

    def __init__(self, record: DeadlineRecord, evidence: Evidence) -> None:
        Item.__init__(self, record, evidence)
        Scoped.__init__(self, Scope(evidence, deadline=record))

    @property
    def alert(self) -> str:
        """The name that its author gave the alert; empty if none."""
        return self.record.name or ""

    @property
    def name(self) -> str:
        return self.alert

    @property
    def reference(self) -> str:
        """As its author writes it: ``DAGRUN_QUEUED_AT``; of a custom one, the name of its class."""
        return deadlinewords.reference(self.record)

    @property
    def kind(self) -> str:
        return self.reference

    @property
    def interval(self) -> float | None:
        """Seconds after the reference; None: a Variable says how many."""
        return self.record.interval

    @property
    def missed(self) -> float | None:
        """When the scheduler saw that it was missed; None: it did not."""
        return self.record.missed

    @property
    def dropped(self) -> float | None:
        """When it was dropped because the run had succeeded in time; None: it was not."""
        return self.record.pruned

    @property
    def callback(self) -> str:
        """The dotted path of its callback."""
        return deadlinewords.callback_path(self.record.callback)

    @property
    def state(self) -> str | None:
        """The callback's state as the run ended: success, failed, …"""
        return self.record.state

    @property
    def output(self) -> str:
        """What Airflow kept of what the callback returned or raised."""
        return self.record.output

    @property
    def deadline(self) -> DeadlineRecord:
        return self.record

    @property
    def where(self) -> str | None:
        calls = [call for call in self.evidence.calls if self.scope.holds(call)]
        return words.place(calls[0].file, calls[0].line) if calls else None

    @property
    def summary(self) -> str:
        after = f" + {duration(self.interval)}" if self.interval is not None else " + a Variable"
        named = f" `{self.alert}`" if self.alert else ""
        return f"deadline{named}, {self.reference}{after}: {self.callback} {words.AT[self.record.component]}"

    @property
    def when(self) -> str:
        became = "still to come"
        if self.missed is not None:
            became = f"missed, its callback {self._ended}"
        elif self.dropped is not None:
            became = "dropped, because the run succeeded in time"
        return f"due {after_start(self.at)}, {became}"

    @property
    def _ended(self) -> str:
        return {"success": "done", "failed": "failed"}.get(self.state or "", f"left `{self.state}`")

    @property
    def complaint(self) -> str:
        """Why its callback did not do its work, in sentences; empty if it did, or was not called."""
        why = deadlinewords.complaint(self.evidence, self.record)
        return f"`{self.callback}`, the callback of {deadlinewords.name(self.record)}, {why}" if why else ""


class Deadlines(Items[DeadlineView]):
    """Deadlines of the run: ``of`` takes references, ``named`` the names of alerts."""

    kind = "deadlines"

    def missed(self) -> Deadlines:
        """Only those that were missed."""
        return self._that(lambda one: one.missed is not None, "that was missed")

    def dropped(self) -> Deadlines:
        """Only those that were dropped because the run succeeded in time."""
        return self._that(lambda one: one.dropped is not None, "that was dropped")

    def calling(self, *components: str) -> Deadlines:
        """Only those whose callbacks run there: in the ``triggerer``, on the ``executor``."""
        places = words.listing([words.AT.get(name, f"in the {name}") for name in components], "or")
        return self._that(lambda one: one.component in components, f"whose callback runs {places}")

    def _that(self, condition: Callable[[DeadlineView], bool], said: str) -> Deadlines:
        kept = self.that(condition, said)
        assert isinstance(kept, Deadlines)
        return kept
