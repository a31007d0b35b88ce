"""What a retry callback can leave for a later try."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Variable, task


# --8<-- [start:callbacks]
def remember(context):
    context["ti"].xcom_push(key="error", value="TimeoutError")
    Variable.set("error", "TimeoutError")
    context["task_state_store"].set("error", "TimeoutError")


def recall(context):
    print("XCom:", context["ti"].xcom_pull(key="error"))
    print("Variable:", Variable.get("error", default=None))
    print("task state store:", context["task_state_store"].get("error"))
    # --8<-- [end:callbacks]


with DAG("remember", schedule=None):

    @task(
        retries=1,
        retry_delay=timedelta(seconds=30),
        on_retry_callback=remember,
        on_failure_callback=recall,
    )
    def read_orders() -> None:
        raise TimeoutError("no answer")

    read_orders()
