"""Exercise 01: say in the log what became of a try."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog
from airflow.sdk import DAG, task

if TYPE_CHECKING:
    from airflow.sdk import Context

log = structlog.get_logger(__name__)


def facts(context: Context) -> dict[str, Any]:
    """Where and, if it failed, why: the keys that every line shares."""
    ti = context["ti"]
    found: dict[str, Any] = {"dag_id": ti.dag_id, "task_id": ti.task_id, "try_number": ti.try_number}
    if (exception := context.get("exception")) is not None:
        found["error"] = str(exception)
    return found


def log_failure(context: Context) -> None:
    log.error("failure", **facts(context))


def log_retry(context: Context) -> None:
    log.warning("retry", **facts(context))


def log_success(context: Context) -> None:
    log.info("success", **facts(context))


with DAG("anatomy_of_a_failure", schedule=None) as dag:

    @task(
        retries=1,
        retry_delay=timedelta(seconds=10),
        on_failure_callback=log_failure,
        on_retry_callback=log_retry,
        on_success_callback=log_success,
    )
    def load_orders() -> int:
        """Load the orders of the day and return how many there were."""
        return 42

    load_orders()
