"""An alert in the triggerer without a module of one's own: the notifier's class has one."""

from __future__ import annotations

# --8<-- [start:alert]
from datetime import timedelta

from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier
from airflow.sdk import DAG, AsyncCallback, DeadlineAlert, DeadlineReference, task

two_hours = DeadlineAlert(
    reference=DeadlineReference.DAGRUN_QUEUED_AT,
    interval=timedelta(hours=2),
    callback=AsyncCallback(
        SlackWebhookNotifier,
        kwargs={
            "slack_webhook_conn_id": "slack_webhook",
            "text": "{{ dag_run.dag_id }} is late: {{ dag_run.dag_run_id }}",
            "timeout": 2,
        },
    ),
)
# --8<-- [end:alert]

with DAG("notifier", schedule=None, deadline=two_hours):

    @task
    def load() -> None: ...

    load()
