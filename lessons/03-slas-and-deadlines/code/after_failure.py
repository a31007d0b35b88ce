"""A run that failed early, and the deadline that comes all the same."""

from __future__ import annotations

# --8<-- [start:dag]
from datetime import timedelta

from airflow.sdk import DAG, DeadlineAlert, DeadlineReference, SyncCallback, task


def run_failed(context):
    print("told at once:", context["run_id"], "failed,", context["reason"])


def tell(context):
    print("late, and", context["dag_run"]["state"])


def tell_unless_told(context):
    if context["dag_run"]["state"] == "failed":
        return  # run_failed has told
    tell(context)


def after_two_hours(callback):
    callback = SyncCallback(callback)
    return DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, timedelta(hours=2), callback)


with DAG(
    "after_failure",
    schedule=None,
    on_failure_callback=run_failed,
    deadline=[after_two_hours(tell), after_two_hours(tell_unless_told)],
):

    @task
    def load() -> None: ...

    load()
# --8<-- [end:dag]
