"""Exercise 02 with the right tasks and no callbacks."""

from __future__ import annotations

import tempfile
import time
from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, Variable, task

import coursekit

with DAG(
    "callback_exercise_dag",
    schedule=None,
    default_args={"retries": 1, "retry_delay": timedelta(seconds=30)},
) as dag:

    @task
    def email_notification() -> None:
        pass

    @task
    def slack_notification() -> None:
        pass

    @task
    def file_cleanup() -> None:
        folder = Path(tempfile.mkdtemp())
        (folder / "orders.csv").write_text("a row\n")
        (folder / "customers.csv").write_text("a row\n")

    @task
    def connection_cleanup() -> None:
        coursekit.connect("database")
        coursekit.connect("queue")

    @task
    def failure_metrics() -> None:
        time.sleep(float(Variable.get("work_seconds", default="0")))

    @task
    def error_classification() -> None:
        pass

    @task
    def production_ready() -> None:
        coursekit.connect("database")
        (Path(tempfile.mkdtemp()) / "invoices.csv").write_text("a row\n")

    email_notification()
    slack_notification()
    file_cleanup()
    connection_cleanup()
    failure_metrics()
    error_classification()
    production_ready()
