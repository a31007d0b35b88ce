"""The same night, with callbacks that leave time for each other."""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook
from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowFailException


# --8<-- [start:callbacks]
def remove_staging(context):
    print("staging removed")


def mail_treasury(context):
    print("treasury told")


def tell_slack(context):
    hook = SlackWebhookHook(slack_webhook_conn_id="slack_webhook", timeout=2)
    hook.send(text=f"{context['ti'].task_id} failed")


QUICK_THINGS_FIRST = [remove_staging, mail_treasury, tell_slack]
# --8<-- [end:callbacks]

with DAG("month_end", schedule=None):

    @task(retries=1, retry_delay=timedelta(minutes=5), on_failure_callback=QUICK_THINGS_FIRST)
    def pay_suppliers() -> None:
        print("payment file sent to the bank")
        raise AirflowFailException("sent, but no readable receipt: never send this again")

    pay_suppliers()
