"""The same pipeline with a deadline."""

from __future__ import annotations

# --8<-- [start:dag]
from datetime import timedelta

from airflow.sdk import DAG, DeadlineAlert, DeadlineReference, SyncCallback, task


def tell(context):
    run, deadline = context["dag_run"], context["deadline"]
    print(run["dag_id"], "is", run["state"], "and was due at", deadline["deadline_time"])


two_hours = DeadlineAlert(
    name="two hours",
    reference=DeadlineReference.DAGRUN_QUEUED_AT,
    interval=timedelta(hours=2),
    callback=SyncCallback(tell),
)

with DAG("late", schedule=None, deadline=two_hours):

    @task
    def load() -> None: ...

    @task
    def report() -> None: ...

    load() >> report()
# --8<-- [end:dag]
