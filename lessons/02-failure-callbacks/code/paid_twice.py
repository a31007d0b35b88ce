"""The night of the incident: a payment that must not be repeated, and a Slack that does not answer."""

from __future__ import annotations

import time
from datetime import timedelta

from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowFailException


# --8<-- [start:callbacks]
def tell_slack(context):
    print("posting to Slack, which takes the message and does not answer")
    time.sleep(30)  # the timeout of SlackWebhookHook, unless you set one


def remove_staging(context):
    print("staging removed")


def mail_treasury(context):
    print("treasury told")


# --8<-- [end:callbacks]

with DAG("month_end", schedule=None):
    # --8<-- [start:task]
    @task(
        retries=1,
        retry_delay=timedelta(minutes=5),
        on_failure_callback=[tell_slack, remove_staging, mail_treasury],
    )
    def pay_suppliers() -> None:
        print("payment file sent to the bank")
        raise AirflowFailException("sent, but no readable receipt: never send this again")

    # --8<-- [end:task]

    pay_suppliers()
