"""One function made for each outcome, a classic operator, and `print`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG


def line(event: str) -> Callable[[Any], None]:
    def write(context: Any) -> None:
        ti = context["ti"]
        record = {"event": event, "dag_id": ti.dag_id, "task_id": ti.task_id, "try_number": ti.try_number}
        if event != "success":
            record["error"] = repr(context.get("exception"))
        print(json.dumps(record))

    return write


with DAG(
    "anatomy_of_a_failure",
    schedule=None,
    default_args={
        "on_failure_callback": line("failure"),
        "on_retry_callback": line("retry"),
        "on_success_callback": line("success"),
    },
) as dag:
    PythonOperator(task_id="load_orders", python_callable=lambda: 42)
