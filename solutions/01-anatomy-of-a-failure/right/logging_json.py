"""JSON through the standard library's logging, from one callback that asks for the state."""

from __future__ import annotations

import json
import logging
from typing import Any

from airflow.sdk import DAG, TaskInstanceState, task

log = logging.getLogger(__name__)

EVENTS = {
    TaskInstanceState.FAILED: "failure",
    TaskInstanceState.UP_FOR_RETRY: "retry",
    TaskInstanceState.SUCCESS: "success",
}


def log_outcome(context: Any) -> None:
    ti = context["task_instance"]
    record = {
        "event": EVENTS[ti.state],
        "dag_id": context["dag"].dag_id,
        "task_id": context["task"].task_id,
        "try_number": ti.try_number,
    }
    if context.get("exception"):
        record["error"] = str(context["exception"])
    log.info("%s", json.dumps(record))


with DAG("anatomy_of_a_failure", schedule=None) as dag:

    @task(
        on_failure_callback=log_outcome,
        on_retry_callback=[log_outcome],
        on_success_callback=log_outcome,
    )
    def load_orders() -> int:
        return 42

    load_orders()
