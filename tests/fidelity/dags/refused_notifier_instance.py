from datetime import timedelta

from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, AsyncCallback, DeadlineAlert, DeadlineReference

NOTIFIER = SlackWebhookNotifier(slack_webhook_conn_id="slack_webhook", text="late")

with DAG(
    "refused_notifier_instance",
    deadline=DeadlineAlert(
        DeadlineReference.DAGRUN_QUEUED_AT,
        timedelta(hours=1),
        AsyncCallback(NOTIFIER),
    ),
):
    EmptyOperator(task_id="works")
