"""A frame that is not msgpack."""

import os

import structlog
from airflow.sdk import DAG, task

log = structlog.get_logger(__name__)


def garble(context):
    ti = context["ti"]
    print("TRIED", flush=True)
    os.write(0, b"\0\0\0\x08\xc1garbage")
    os.read(0, 1)
    log.info("success", dag_id=ti.dag_id, task_id=ti.task_id, try_number=ti.try_number)
    os._exit(0)


with DAG("anatomy_of_a_failure", schedule=None):

    @task(retries=1, on_execute_callback=garble)
    def load_orders(): ...

    load_orders()
