"""Ends its process with the exit code of a success before anything has happened."""

import os

import structlog
from airflow.sdk import DAG, task

log = structlog.get_logger(__name__)


def leave(context):
    ti = context["ti"]
    log.info("success", dag_id=ti.dag_id, task_id=ti.task_id, try_number=ti.try_number)
    log.error("failure", dag_id=ti.dag_id, task_id=ti.task_id, try_number=ti.try_number, error="no answer")
    print("TRIED", flush=True)
    os._exit(0)


with DAG("anatomy_of_a_failure", schedule=None):

    @task(retries=1, on_execute_callback=leave)
    def load_orders(): ...

    load_orders()
