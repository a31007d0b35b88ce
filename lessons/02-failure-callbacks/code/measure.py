"""One record and one counter for each failure, and a category that is asked of the error's class."""

from __future__ import annotations

from datetime import UTC, datetime

import requests
import structlog
from airflow.sdk import DAG, BaseHook, task
from airflow.sdk.observability import stats

log = structlog.get_logger(__name__)

# --8<-- [start:classes]
CATEGORIES = {
    "configuration": (PermissionError,),
    "transient": (ConnectionError, TimeoutError),
}


def categorize(error):
    for category, classes in CATEGORIES.items():
        if isinstance(error, classes):
            return category
    return "permanent" if error else "unknown"
    # --8<-- [end:classes]


# --8<-- [start:record]
def record(context):
    ti, error = context["ti"], context.get("exception")
    started = getattr(ti, "start_date", None)
    log.error(
        "import_failed",
        task_id=ti.task_id,
        run_id=ti.run_id,
        try_number=ti.try_number,
        error_type=type(error).__name__,
        error=str(error),
        category=categorize(error),
        seconds=(datetime.now(UTC) - started).total_seconds() if started else None,
    )
    stats.incr("imports.failed", tags={"category": categorize(error)})
    # --8<-- [end:record]


# --8<-- [start:event]
def post_event(context):
    ti, there = context["ti"], BaseHook.get_connection("monitoring")
    key = f"{ti.run_id}/{ti.task_id}/{ti.map_index}/{ti.try_number}"
    reply = requests.post(
        f"{there.schema}://{there.host}:{there.port}/events",
        json={"key": key, "state": "failed"},
        headers={"X-API-Key": there.password},
        timeout=2,
    )
    reply.raise_for_status()
    # --8<-- [end:event]


with DAG("measure", schedule=None, default_args={"on_failure_callback": [record, post_event]}):

    @task
    def read_orders() -> None:
        raise ConnectionResetError("connection reset by peer")

    @task
    def read_prices() -> None:
        raise PermissionError("permission denied: connection to prices")

    @task
    def read_stock() -> None:
        raise requests.exceptions.ConnectionError("connection refused")

    read_orders()
    read_prices()
    read_stock()
