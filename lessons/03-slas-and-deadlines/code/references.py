"""Four deadlines of one run, each counted from another moment."""

from __future__ import annotations

# --8<-- [start:dag]
from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, DeadlineAlert, DeadlineReference, SyncCallback, task


def tell(name):
    print("late:", name)


def alert(name, reference, interval):
    return DeadlineAlert(reference, interval, SyncCallback(tell, kwargs={"name": name}), name=name)


with DAG(
    "references",
    schedule=None,
    deadline=[
        alert("queued", DeadlineReference.DAGRUN_QUEUED_AT, timedelta(hours=2)),
        alert("dated", DeadlineReference.DAGRUN_LOGICAL_DATE, timedelta(hours=2)),
        alert("usual", DeadlineReference.AVERAGE_RUNTIME(max_runs=10, min_runs=3), timedelta(minutes=30)),
        alert("fixed", DeadlineReference.FIXED_DATETIME(datetime(2026, 1, 1, tzinfo=UTC)), timedelta(0)),
    ],
):

    @task
    def load() -> None: ...

    load()
# --8<-- [end:dag]
