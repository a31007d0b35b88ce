"""An alert that was copied from a task's callback."""

from __future__ import annotations

# --8<-- [start:dag]
from datetime import timedelta

from airflow.sdk import DAG, DeadlineAlert, DeadlineReference, SyncCallback, task


def tell(context):
    ti = context["ti"]
    print("late:", ti.task_id, ti.log_url)


deadline = DeadlineAlert(
    DeadlineReference.DAGRUN_QUEUED_AT, timedelta(hours=2), SyncCallback(tell), name="two hours"
)

with DAG("broken", schedule=None, deadline=deadline):

    @task
    def load() -> None: ...

    load()
# --8<-- [end:dag]
