"""Notifiers for everything; the DAG is a function."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import AsyncCallback, DeadlineAlert, DeadlineReference, SyncCallback, dag, task

from deadline_alerts import NoFigures, PromiseMail, SlackAlarm, SlackDeadline, SlackFailure

QUEUED = DeadlineReference.DAGRUN_QUEUED_AT
SLACK = {"slack_webhook_conn_id": "slack_webhook", "timeout": 2}
USUAL = DeadlineReference.AVERAGE_RUNTIME(10, 3)

promise = SyncCallback(
    PromiseMail,
    kwargs={
        "to": "readers@example.com",
        "subject": "{{ dag_run.dag_id }} is late",
        "html_content": "The run is <b>{{ dag_run.dag_run_id }}</b>.",
    },
)
alarm = AsyncCallback(
    SlackAlarm,
    kwargs={
        "text": "{{ dag_run.dag_id }} is late. Due {{ deadline.deadline_time.strftime('%H:%M') }} UTC, "
        "{{ dag_run.state }}: {{ dag_run.dag_run_id }}",
        **SLACK,
    },
)
warning = AsyncCallback(
    SlackDeadline,
    kwargs={"text": "{{ dag_run.dag_id }} is slow: {{ dag_run.dag_run_id }}", **SLACK},
)
no_figures = NoFigures(to="partner@example.com", subject="No figures")
failure = SlackFailure(
    text="{{ dag.dag_id }} ({{ run_id }}): "
    "{{ 'timed out' if reason == 'timed_out' else ti.task_id ~ ' has failed' }}",
    **SLACK,
)


@dag(
    "night_report",
    schedule=None,
    default_args={"retries": 1},
    dagrun_timeout=timedelta(hours=6),
    on_failure_callback=failure,
    deadline=[
        DeadlineAlert(QUEUED, timedelta(hours=2), promise),
        DeadlineAlert(QUEUED, timedelta(hours=3), alarm),
        DeadlineAlert(USUAL, timedelta(minutes=30), warning),
    ],
)
def night_report() -> None:
    @task(execution_timeout=timedelta(minutes=45), on_failure_callback=no_figures)
    def collect() -> None:
        pass

    @task
    def compute() -> None:
        pass

    @task
    def publish() -> None:
        pass

    collect() >> compute() >> publish()


night_report()
