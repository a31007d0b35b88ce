"""A callback that waits longer than Airflow does, first in the list."""

from __future__ import annotations

import time
from datetime import timedelta

from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowFailException


# --8<-- [start:callbacks]
def tell_slack(context):
    print("asking Slack, which does not answer")
    time.sleep(30)  # what SlackWebhookHook waits, unless you say otherwise


def remove_staging(context):
    print("staging removed")


# --8<-- [end:callbacks]

# --8<-- [start:dag]
with DAG("slow_slack", schedule=None, default_args={"retry_delay": timedelta(minutes=5)}):

    @task(on_failure_callback=[tell_slack, remove_staging])
    def export_ledger() -> None:
        raise OSError("disk full")

    @task(retries=1, on_failure_callback=[tell_slack, remove_staging])
    def pay_suppliers() -> None:
        raise AirflowFailException("paid already: never run this again")

    export_ledger()
    pay_suppliers()
# --8<-- [end:dag]
