"""Tells Airflow of one secret five thousand times, and then says that all went well."""

import structlog
from airflow.sdk import DAG, task
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import MaskSecret

log = structlog.get_logger(__name__)


def ask(context):
    ti = context["ti"]
    print("TRIED")
    for _ in range(5000):
        task_runner.SUPERVISOR_COMMS.send(MaskSecret(value="a word"))
    log.info("success", dag_id=ti.dag_id, task_id=ti.task_id, try_number=ti.try_number)


with DAG("anatomy_of_a_failure", schedule=None):

    @task(retries=1, on_success_callback=ask)
    def load_orders(): ...

    load_orders()
