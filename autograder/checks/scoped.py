"""What belongs to a run, to a task or to a deadline: deliveries, callback calls, log lines, files and leases."""

from __future__ import annotations

from typing import Any

from autograder.checks.collected import (
    Calls,
    Files,
    Leases,
    Logs,
    Mails,
    Metrics,
    Posts,
    Scope,
    SlackMessages,
)
from autograder.checks.deliveries import MailView, MetricView, PostView, SlackView
from autograder.checks.items import CallView, FileView, LeaseView, LogView

__all__ = ["Scoped"]


class Scoped:
    """What a run, a task and a deadline all have: what came of them, and nothing that came of others."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.evidence = scope.evidence

    def _of(self, view: Any, records: list[Any]) -> tuple[Any, ...]:
        return tuple(view(record, self.evidence) for record in records if self.scope.holds(record))

    @property
    def mails(self) -> Mails:
        return Mails(self._of(MailView, self.evidence.mails), self.scope)

    @property
    def slack(self) -> SlackMessages:
        return SlackMessages(self._of(SlackView, self.evidence.slack), self.scope)

    @property
    def metrics(self) -> Metrics:
        """Those of the learner: Airflow's own are left out."""
        learners = [metric for metric in self.evidence.metrics if not metric.own]
        return Metrics(self._of(MetricView, learners), self.scope)

    @property
    def posts(self) -> Posts:
        """Requests to the monitoring endpoint."""
        return Posts(self._of(PostView, self.evidence.posts), self.scope)

    @property
    def leases(self) -> Leases:
        return Leases(self._of(LeaseView, self.evidence.leases), self.scope)

    @property
    def files(self) -> Files:
        """Files in the private directory at a barrier or later; the whole run's include foreign ones."""
        return Files(self._of(FileView, self.evidence.files), self.scope)

    @property
    def callbacks(self) -> Calls:
        """The callback log: one entry per callback call."""
        found = self._of(CallView, self.evidence.calls)
        return Calls(tuple(sorted(found, key=lambda call: (call.at, call.record.id))), self.scope)

    @property
    def logs(self) -> Logs:
        """Every line, Airflow's own included; ``callbacks.logs`` are those written in callbacks."""
        return Logs(self._of(LogView, self.evidence.logs), self.scope)

    def records(self, *keys: str, **fields: Any) -> Logs:
        """Only log lines that carry a record with these keys and fields: see ``Logs.records``."""
        return self.logs.records(*keys, **fields)
