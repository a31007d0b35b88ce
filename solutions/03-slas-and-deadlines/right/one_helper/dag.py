"""Everything asynchronous, one callback for all deadlines, and a table of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook
from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.sdk import DAG, AsyncCallback, DeadlineAlert, DeadlineReference, Variable, task
from airflow.sdk.exceptions import AirflowTaskTimeout

from deadline_alerts import tell

QUEUED = DeadlineReference.DAGRUN_QUEUED_AT
USUAL = DeadlineReference.AVERAGE_RUNTIME(max_runs=10, min_runs=3)
DEADLINES = [
    (USUAL, timedelta(minutes=30), "slow", ["slack"]),
    (QUEUED, timedelta(hours=2), "late", ["mail"]),
    (QUEUED, timedelta(hours=3), "late", ["slack", "mail"]),
]


def on_dag_failure(context: Any) -> None:
    dag_run, reason = context["dag_run"], context["reason"]
    who = f" ({context['ti'].task_id})" if reason == "task_failure" else ""
    text = f"{dag_run.dag_id}: {reason.replace('_', ' ')}{who}, {dag_run.run_id}"
    SlackWebhookHook(slack_webhook_conn_id="slack_webhook", timeout=2).send(text=text)
    Variable.set("told." + dag_run.run_id, text)


def on_collect_failure(context: Any) -> None:
    error = context.get("exception")
    said = "timed out" if isinstance(error, AirflowTaskTimeout) else repr(error)
    with SmtpHook(smtp_conn_id="smtp_default") as smtp:
        smtp.send_email_smtp(to="partner@example.com", subject=f"collect: {said}", html_content=said)


with DAG(
    "night_report",
    schedule=None,
    dagrun_timeout=timedelta(hours=6),
    on_failure_callback=on_dag_failure,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=1)},
    deadline=[
        DeadlineAlert(reference, interval, AsyncCallback(tell, kwargs={"channels": channels, "what": what}))
        for reference, interval, what, channels in DEADLINES
    ],
):

    @task
    def collect() -> None:
        pass

    @task
    def compute() -> None:
        pass

    @task
    def publish() -> None:
        pass

    first = collect.override(
        execution_timeout=timedelta(minutes=45), on_failure_callback=on_collect_failure
    )()
    first >> compute() >> publish()
