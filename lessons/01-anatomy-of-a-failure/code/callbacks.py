"""One function for every callback that a task can have. It says what the database holds at that moment."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, task


# --8<-- [start:dag]
def say(context):
    ti = context["ti"]
    found = ti.get_task_states(dag_id=ti.dag_id, task_ids=[ti.task_id], run_ids=[ti.run_id])
    print(f"ti.state is {ti.state.value}, the database says {found[ti.run_id][ti.task_id]}")


with DAG("callbacks", schedule=None):

    @task(
        retries=1,
        retry_delay=timedelta(minutes=5),
        on_execute_callback=say,
        on_success_callback=say,
        on_retry_callback=say,
        on_failure_callback=say,
        on_skipped_callback=say,
    )
    def load():
        return 42

    load()
# --8<-- [end:dag]
