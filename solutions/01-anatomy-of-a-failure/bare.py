"""Exercise 01 with the right task and no callbacks."""

from __future__ import annotations

from airflow.sdk import DAG, task

with DAG("anatomy_of_a_failure", schedule=None) as dag:

    @task
    def load_orders() -> int:
        return 42

    load_orders()
