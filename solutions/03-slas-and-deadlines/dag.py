"""Exercise 03: a night report with a promise, an alarm, a warning and two limits."""

from __future__ import annotations

import html
from datetime import timedelta
from typing import Any

from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.sdk import (
    DAG,
    AsyncCallback,
    Context,
    DeadlineAlert,
    DeadlineReference,
    SyncCallback,
    Variable,
    task,
)
from airflow.sdk.exceptions import AirflowTaskTimeout

from deadline_alerts import nothing_new, slack, sound_alarm, told_key, warn

READERS = "readers@example.com"
PARTNER = "partner-desk@example.com"


def mail(to: str, subject: str, text: str) -> None:
    with SmtpHook(smtp_conn_id="smtp_default") as smtp:
        smtp.send_email_smtp(to=to, subject=subject, html_content=f"<p>{html.escape(text)}</p>")


# Parts 3.1 and 3.5


def mail_readers(context: dict[str, Any]) -> None:
    """The promise is broken. Runs on the executor."""
    dag_run = context["dag_run"]
    if nothing_new(dag_run):
        return
    text = f"The report is not ready yet (run {dag_run['dag_run_id']}). We are working on it."
    mail(READERS, f"{dag_run['dag_id']} is late", text)


# Part 3.4


def mail_partner(context: Context) -> None:
    """`collect` has finally failed. Runs on the worker, after the last try."""
    ti, error = context["ti"], context.get("exception")
    why = "it timed out" if isinstance(error, AirflowTaskTimeout) else f"it failed: {error}"
    mail(PARTNER, f"{ti.dag_id}.{ti.task_id} has no figures", f"At try {ti.try_number} {why}.")


def tell_on_call(context: Context) -> None:
    """The run has failed. Runs in the DAG processor, where there is no exception."""
    run_id = context["dag_run"].run_id
    stopped = context["reason"] == "timed_out"
    why = "it timed out and was stopped" if stopped else f"`{context['ti'].task_id}` failed"
    slack().send(text=f":x: {context['dag'].dag_id} has no report: {why}. Run: {run_id}")
    # Only now: had Slack refused, nobody would know, and the deadlines must not be silent.
    Variable.set(told_key(run_id), context["reason"])


with DAG(
    "night_report",
    schedule=None,
    default_args={"retries": 1, "retry_delay": timedelta(minutes=5)},
    dagrun_timeout=timedelta(hours=6),
    on_failure_callback=tell_on_call,
    deadline=[
        DeadlineAlert(
            name="promise",
            reference=DeadlineReference.DAGRUN_QUEUED_AT,
            interval=timedelta(hours=2),
            callback=SyncCallback(mail_readers),
        ),
        DeadlineAlert(
            name="alarm",
            reference=DeadlineReference.DAGRUN_QUEUED_AT,
            interval=timedelta(hours=3),
            callback=AsyncCallback(sound_alarm),
        ),
        DeadlineAlert(
            name="warning",
            reference=DeadlineReference.AVERAGE_RUNTIME(max_runs=10, min_runs=3),
            interval=timedelta(minutes=30),
            callback=AsyncCallback(warn),
        ),
    ],
) as dag:

    @task(execution_timeout=timedelta(minutes=45), on_failure_callback=mail_partner)
    def collect() -> None:
        """Fetch the figures of the day from a partner, who does not always answer."""

    @task
    def compute() -> None:
        """Work the figures out."""

    @task
    def publish() -> None:
        """Put the report where its readers look for it."""

    collect() >> compute() >> publish()
