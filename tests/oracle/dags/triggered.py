"""A run that triggers another one of its own DAG, which fails once, waits and is waited for."""

from __future__ import annotations

import time
from datetime import timedelta

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, task


def tells(context):
    print(context["dag_run"].run_type.value, context["ti"].task_id)


with DAG("triggered", on_success_callback=tells):

    @task.short_circuit
    def first(**context):
        return context["dag_run"].run_type.value == "manual"

    @task(trigger_rule="all_done", retries=1, retry_delay=timedelta(minutes=5), on_retry_callback=tells)
    def work(**context):
        time.sleep(3600)
        if context["ti"].try_number == 1:
            raise OSError

    again = TriggerDagRunOperator(
        task_id="again", trigger_dag_id="triggered", wait_for_completion=True, poke_interval=600
    )
    first() >> again
    work()
