"""Views of what arrived at a stand-in: a mail, a Slack message, a metric, a request to the monitoring endpoint."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from autograder.checks import shape, words
from autograder.checks.items import Item
from autograder.checks.shown import Shown
from autograder.evidence import Mail, Metric, Post, SlackMessage
from autograder.htmltext import html_to_text

__all__ = ["MailView", "MetricView", "PostView", "SlackView"]


class MailView(Item[Mail]):
    evidence_kind = "mails"
    line_kind = "mail"

    @property
    def subject(self) -> Shown:
        return Shown(self.record.subject, what="the mail's subject", item=self)

    @property
    def to(self) -> list[str]:
        return self.record.to

    @property
    def html(self) -> str | None:
        return self.record.html

    @cached_property
    def text(self) -> Shown:
        """What its reader sees: the HTML part without its markup, or the plain part if there is no HTML."""
        source = self.record.html
        seen = self.record.text if source is None else html_to_text(source)
        return Shown(seen, what="the mail's body", raw=source, item=self)

    @cached_property
    def whole(self) -> Shown:
        """Subject and body, a line between them: for what may stand in either."""
        both = (self.record.subject, self.text)
        raw = "\n".join((self.record.subject, self.text.raw))
        return Shown("\n".join(both), what="the mail", raw=raw, item=self)

    @cached_property
    def shape(self) -> Shown:
        """Subject and body with every value that control knows masked: what is left, the learner decided."""
        parts = {"subject": self.record.subject, "body": self.record.html or self.record.text}
        return Shown(shape.shape_of(parts, self.evidence), what="the mail's shape", item=self)

    @property
    def summary(self) -> str:
        return f"“{self.record.subject}” to {', '.join(self.record.to)}: {words.shorten(self.text)}"


class SlackView(Item[SlackMessage]):
    evidence_kind = "slack"
    line_kind = "slack"

    @property
    def kind(self) -> str:
        return self.record.door

    @property
    def payload(self) -> dict[str, Any]:
        return self.record.payload

    @property
    def blocks(self) -> list[Any]:
        """Its Block Kit blocks, those inside attachments not included."""
        return self.record.payload.get("blocks") or []

    @property
    def attachments(self) -> list[Any]:
        """The legacy form."""
        return self.record.payload.get("attachments") or []

    @property
    def status(self) -> int:
        """What the stand-in answered; 0: it did not."""
        return self.record.status

    @cached_property
    def text(self) -> Shown:
        """What its reader sees, every text in reading order, addresses of links and buttons included."""
        return Shown(self.record.text, what="the Slack message", item=self)

    @cached_property
    def shape(self) -> Shown:
        """The payload with every value that control knows masked: what is left, the learner decided."""
        found = shape.shape_of(self.record.payload, self.evidence)
        return Shown(found, what="the Slack message's shape", item=self)

    @property
    def summary(self) -> str:
        return words.shorten(self.text)


class MetricView(Item[Metric]):
    evidence_kind = "metrics"
    line_kind = "metric"

    @property
    def kind(self) -> str:
        return self.record.type

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def value(self) -> float:
        return self.record.value

    @property
    def tags(self) -> dict[str, str]:
        return self.record.tags

    @property
    def counts(self) -> bool:
        return not self.record.own

    @property
    def summary(self) -> str:
        tags = "".join(f" {key}={value}" for key, value in sorted(self.record.tags.items()))
        return f"{self.record.type} {self.record.name} {self.record.value:g}{tags}"


class PostView(Item[Post]):
    evidence_kind = "posts"
    line_kind = "post"

    @property
    def kind(self) -> str:
        return self.record.method

    @property
    def name(self) -> str:
        return self.record.path

    @property
    def path(self) -> str:
        return self.record.path

    @property
    def body(self) -> Any:
        return self.record.body

    @property
    def authorized(self) -> bool:
        return self.record.authorized

    @property
    def status(self) -> int:
        return self.record.status

    @property
    def summary(self) -> str:
        body = words.shorten(str(self.record.body))
        return f"{self.record.method} {self.record.path} → {self.record.status}: {body}"
