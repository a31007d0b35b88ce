"""One failure, told by mail and in Slack."""

from __future__ import annotations

import html
from urllib.error import URLError

from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook
from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.sdk import DAG, task


# --8<-- [start:naive]
def mail_naively(context):
    body = f"<p>The partner was asked, and failed: {context['exception']}</p>"
    send(context, body)
    # --8<-- [end:naive]


# --8<-- [start:mail]
def mail(context):
    ti, error = context["ti"], context.get("exception")
    rows = {
        "Error": f"{type(error).__name__}: {error}" if error else "The worker was lost.",
        "Run": f"{ti.run_id}, try {ti.try_number}",
        "Log": ti.log_url,
    }
    lines = [f"<p>{name}: {html.escape(value)}</p>" for name, value in rows.items()]
    send(context, "".join(lines))


def send(context, body):
    ti = context["ti"]
    subject = f"{ti.dag_id}.{ti.task_id} failed"
    with SmtpHook(smtp_conn_id="smtp_default") as smtp:
        smtp.send_email_smtp(to="a@example.com", subject=subject, html_content=body)
        # --8<-- [end:mail]


def message(context):
    ti, error = context["ti"], context.get("exception")
    if error is None:
        heading, advice = "A worker was lost", "Look at its machine."
    elif isinstance(error, PermissionError):
        heading, advice = "We are not let in", "Ask the partner for access."
    else:
        heading, advice = "An import failed", "Read the log."
    said = "no exception" if error is None else str(error)
    for sign, name in {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.items():
        said = said.replace(sign, name)
    text = f"`{ti.task_id}` failed at try {ti.try_number}: {said}\n{advice}"
    text += f" <{ti.log_url}|Log>"
    return {
        "text": f"{heading}: {ti.task_id}",  # what a locked phone shows
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": heading}},
            {"type": "section", "text": {"type": "mrkdwn", "text": text}},
        ],
    }


# --8<-- [start:post]
def post(context):
    hook = SlackWebhookHook(slack_webhook_conn_id="slack_webhook", timeout=2)
    hook.send(**message(context))
    # --8<-- [end:post]


with DAG("saying_it", schedule=None):

    @task(on_failure_callback=[mail_naively, mail, post])
    def ask_partner() -> None:
        raise URLError("[Errno -2] Name or service not known")

    ask_partner()
