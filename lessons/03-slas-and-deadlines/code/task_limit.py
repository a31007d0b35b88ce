"""A task that may take an hour."""

from __future__ import annotations

# --8<-- [start:dag]
from datetime import timedelta

from airflow.sdk import DAG, task


def tell(context):
    print("told:", repr(context["exception"]))


with DAG("task_limit", schedule=None):

    @task(
        execution_timeout=timedelta(hours=1),
        retries=2,
        retry_delay=timedelta(minutes=10),
        on_failure_callback=tell,
    )
    def load() -> None: ...

    @task
    def report() -> None: ...

    load() >> report()
# --8<-- [end:dag]
