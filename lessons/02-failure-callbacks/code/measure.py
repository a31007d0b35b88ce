"""One record and one counter for each failure, and a category that is asked of the error's class."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog
from airflow.sdk import DAG, task
from airflow.sdk.observability import stats

log = structlog.get_logger(__name__)

# --8<-- [start:classes]
CATEGORIES = {
    "configuration": (PermissionError,),
    "transient": (ConnectionError, TimeoutError),
}


def categorize(error: BaseException | None) -> str:
    for category, classes in CATEGORIES.items():
        if isinstance(error, classes):
            return category
    return "permanent"
    # --8<-- [end:classes]


# --8<-- [start:record]
def record(context):
    ti, error = context["ti"], context.get("exception")
    started = getattr(ti, "start_date", None)  # the DAG processor does not know it
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


with DAG("measure", schedule=None, default_args={"on_failure_callback": record}):

    @task
    def read_orders() -> None: ...

    @task
    def read_prices() -> None: ...

    @task
    def read_stock() -> None: ...

    read_orders()
    read_prices()
    read_stock()
