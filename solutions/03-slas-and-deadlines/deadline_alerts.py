"""What runs in the triggerer when the night report is late, and what `dag.py` shares with it."""

from __future__ import annotations

from typing import Any

import structlog
from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook
from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.sdk import Variable

log = structlog.get_logger(__name__)

ON_CALL = "oncall@example.com"
TIMEOUT = 2  # seconds; all triggers share the triggerer's loop


def told_key(run_id: str) -> str:
    """The Variable that remembers whether somebody was told that this run has failed."""
    return f"night_report.told.{run_id}"


def nothing_new(dag_run: dict[str, Any]) -> bool:
    """Whether the run has failed and somebody knows.

    Both: a run that was cleared is running again, and one that was marked failed by hand has called nobody.
    """
    told = Variable.get(told_key(dag_run["dag_run_id"]), default=None)
    return dag_run["state"] == "failed" and told is not None


def slack() -> SlackWebhookHook:
    return SlackWebhookHook(slack_webhook_conn_id="slack_webhook", timeout=TIMEOUT, retry_handlers=[])


async def warn(context: dict[str, Any]) -> None:
    """The run takes longer than it usually does."""
    dag_run = context["dag_run"]
    if nothing_new(dag_run):
        return
    text = f":snail: {dag_run['dag_id']} is slow today: {dag_run['dag_run_id']} takes longer than usual."
    await slack().async_send(text=text)


async def sound_alarm(context: dict[str, Any]) -> None:
    """The report is not there, and somebody has to get up."""
    dag_run, due = context["dag_run"], context["deadline"]["deadline_time"]
    if nothing_new(dag_run):
        return
    heading = f"{dag_run['dag_id']} is late"
    text = f"It was due at {due:%H:%M} UTC and is {dag_run['state']}. Run: {dag_run['dag_run_id']}"
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": heading}},
        {"type": "section", "text": {"type": "mrkdwn", "text": text}},
    ]
    try:
        await slack().async_send(text=f"{heading}. {text}", blocks=blocks)
    except Exception:
        # Airflow tries a deadline's callback once: what fails here is not told to anybody.
        log.exception("Slack did not take the alarm")
        async with SmtpHook(smtp_conn_id="smtp_default") as smtp:
            await smtp.asend_email_smtp(to=ON_CALL, subject=heading, html_content=text)
