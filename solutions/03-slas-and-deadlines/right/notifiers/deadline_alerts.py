"""A notifier for each duty. Their texts are templates, which notifiers render."""

from __future__ import annotations

import html
from typing import Any

from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier
from airflow.providers.smtp.notifications.smtp import SmtpNotifier
from airflow.sdk import Variable
from airflow.sdk.exceptions import AirflowException, AirflowTaskTimeout

TOLD = "night_report_told_"


def is_news(context: Any) -> bool:
    """A run that has failed is none if that was told."""
    run = context["dag_run"]
    return run["state"] != "failed" or Variable.get(TOLD + run["dag_run_id"], default="no") == "no"


class PromiseMail(SmtpNotifier):
    """On the executor, which calls `notify`."""

    def notify(self, context: Any) -> None:
        if is_news(context):
            super().notify(context)


class SlackDeadline(SlackWebhookNotifier):
    """In the triggerer, which awaits `async_notify`."""

    async def async_notify(self, context: Any) -> None:
        if is_news(context):
            await super().async_notify(context)


class SlackAlarm(SlackDeadline):
    """The same, and a mail where Slack refuses."""

    async def async_notify(self, context: Any) -> None:
        try:
            await super().async_notify(context)
        except AirflowException:
            mail = SmtpNotifier(to="oncall@example.com", subject="Alarm", html_content=self.text)
            await mail.async_notify(context)


class NoFigures(SmtpNotifier):
    """On the worker. A template must not ask for a class, so the text is made here."""

    def notify(self, context: Any) -> None:
        error = context.get("exception")
        timed_out = isinstance(error, AirflowTaskTimeout)
        self.html_content = "It timed out." if timed_out else html.escape(str(error))
        super().notify(context)


class SlackFailure(SlackWebhookNotifier):
    """In the DAG processor: what has been told is noted."""

    def notify(self, context: Any) -> None:
        super().notify(context)
        Variable.set(TOLD + context["dag_run"].run_id, "yes")
