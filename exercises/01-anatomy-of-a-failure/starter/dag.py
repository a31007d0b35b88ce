"""Exercise 01: say in the log what became of a try."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, task

# TODO: write the callbacks. A callback is a function that takes the task's context.


with DAG("anatomy_of_a_failure", schedule=None) as dag:
    # TODO: give the task its callbacks, as arguments beside `retries`.
    @task(retries=1, retry_delay=timedelta(seconds=10))
    def load_orders() -> int:
        """Load the orders of the day and return how many there were."""
        return 42

    load_orders()
