"""One callback for all three deadlines: it is told in its arguments which one it is."""

from __future__ import annotations

from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook
from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.sdk import Variable


async def by_mail(subject: str, text: str) -> None:
    async with SmtpHook(smtp_conn_id="smtp_default") as smtp:
        await smtp.asend_email_smtp(to="everybody@example.com", subject=subject, html_content=text)


async def by_slack(subject: str, text: str) -> None:
    hook = SlackWebhookHook(slack_webhook_conn_id="slack_webhook", timeout=2, retry_handlers=[])
    await hook.async_send(text=f"*{subject}*\n{text}")


CHANNELS = {"mail": by_mail, "slack": by_slack}


async def tell(*, channels: list[str], what: str, **context_and_more: object) -> None:
    """Tell it through the first of these channels that works."""
    context = context_and_more["context"]
    run, deadline = context["dag_run"], context["deadline"]
    told = Variable.get("told." + run["dag_run_id"], default="")
    if told and run["state"] == "failed":
        return
    subject = f"{run['dag_id']} is {what}"
    text = f"{run['dag_run_id']} ({run['state']}), expected until {str(deadline['deadline_time'])[11:16]} UTC"
    for number, channel in enumerate(channels, 1):
        try:
            return await CHANNELS[channel](subject, text)
        except Exception:
            if number == len(channels):
                raise
