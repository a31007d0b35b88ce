"""Four deadlines of one run, each counted from another moment."""

from __future__ import annotations

# --8<-- [start:dag]
from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, DeadlineAlert, DeadlineReference, SyncCallback, task


def tell(name):
    print("late:", name)


def alert(name, reference, interval):
    callback = SyncCallback(tell, kwargs={"name": name})
    return DeadlineAlert(reference, interval, callback, name=name)


QUEUED = DeadlineReference.DAGRUN_QUEUED_AT
DATED = DeadlineReference.DAGRUN_LOGICAL_DATE
USUAL = DeadlineReference.AVERAGE_RUNTIME(max_runs=10, min_runs=3)
FIXED = DeadlineReference.FIXED_DATETIME(datetime(2026, 1, 1, tzinfo=UTC))


with DAG(
    "references",
    schedule=None,
    deadline=[
        alert("queued", QUEUED, timedelta(hours=2)),
        alert("dated", DATED, timedelta(hours=2)),
        alert("usual", USUAL, timedelta(minutes=30)),
        alert("fixed", FIXED, timedelta(0)),
    ],
):

    @task
    def load() -> None: ...

    load()
# --8<-- [end:dag]
