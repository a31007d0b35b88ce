"""A run that may take two hours."""

from __future__ import annotations

# --8<-- [start:dag]
from datetime import timedelta

from airflow.sdk import DAG, task


def task_failed(context):
    print("a task failed:", context["ti"].task_id)


def run_failed(context):
    print("the run failed:", context["reason"])


with DAG(
    "run_limit",
    schedule=None,
    dagrun_timeout=timedelta(hours=2),
    on_failure_callback=run_failed,
    default_args={"on_failure_callback": task_failed},
):

    @task
    def load() -> None: ...

    @task
    def report() -> None: ...

    load() >> report()
# --8<-- [end:dag]
