"""Three moments: a warning, an alert, an end."""

from __future__ import annotations

# --8<-- [start:dag]
from datetime import timedelta

from airflow.sdk import DAG, DeadlineAlert, DeadlineReference, SyncCallback, task


def tell(context, whom, what):
    print(f"to {whom}: {context['dag_run']['dag_id']} {what}")


def run_failed(context):
    print("to @oncall: stopped,", context["reason"])


def alert(name, interval, whom, what):
    callback = SyncCallback(tell, kwargs={"whom": whom, "what": what})
    return DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, interval, callback, name=name)


with DAG(
    "early",
    schedule=None,
    deadline=[
        alert("warning", timedelta(minutes=90), "#sales-data", "may be late"),
        alert("late", timedelta(hours=2), "@oncall", "is late"),
    ],
    dagrun_timeout=timedelta(hours=3),
    on_failure_callback=run_failed,
):

    @task
    def load() -> None: ...

    load()
# --8<-- [end:dag]
