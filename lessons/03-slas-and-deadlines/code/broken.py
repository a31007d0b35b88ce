"""An alert that was copied from a task's callback."""

from __future__ import annotations

# --8<-- [start:dag]
from datetime import timedelta

from airflow.sdk import DAG, DeadlineAlert, DeadlineReference, SyncCallback, task


def tell(context):
    ti = context["ti"]
    print("late:", ti.task_id, ti.log_url)


two_hours = DeadlineAlert(
    name="two hours",
    reference=DeadlineReference.DAGRUN_QUEUED_AT,
    interval=timedelta(hours=2),
    callback=SyncCallback(tell),
)

with DAG("broken", schedule=None, deadline=two_hours):

    @task
    def load() -> None: ...

    load()
# --8<-- [end:dag]
