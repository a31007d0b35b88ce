"""Four tasks that stop their work by raising, and one that a condition leaves out."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException


def tell(context):
    print("told:", context["ti"].state.value)


settings = {
    "retries": 1,
    "retry_delay": timedelta(minutes=5),
    "on_retry_callback": tell,
    "on_failure_callback": tell,
    "on_skipped_callback": tell,
}

with DAG("endings", schedule=None, default_args=settings):
    # --8<-- [start:tasks]
    @task
    def any_error():
        raise ValueError("no number: 1.2.3")

    @task
    def airflow_error():
        raise AirflowException("wrong password")

    @task
    def fail_at_once():
        raise AirflowFailException("wrong password")

    @task
    def nothing_to_do():
        raise AirflowSkipException("no orders on Sundays")

    @task.short_circuit
    def is_monday():
        return False

    @task
    def left_out():
        print("weekly report")

    # --8<-- [end:tasks]
    any_error()
    airflow_error()
    fail_at_once()
    nothing_to_do()
    is_monday() >> left_out()
