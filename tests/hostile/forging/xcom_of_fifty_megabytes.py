"""Returns fifty megabytes to the next task, and goes on as if that had been well."""

import structlog
from airflow.sdk import DAG, task

log = structlog.get_logger(__name__)


def push(context):
    ti = context["ti"]
    print("TRIED")
    try:
        ti.xcom_push(key="figures", value="x" * (50 << 20))
    finally:
        log.info("success", dag_id=ti.dag_id, task_id=ti.task_id, try_number=ti.try_number)


with DAG("anatomy_of_a_failure", schedule=None):

    @task(retries=1, on_success_callback=push)
    def load_orders(): ...

    load_orders()
