"""Reports a success on Airflow's wire in the callback before the work, says so in the log, and dies."""

import os
import signal
from datetime import UTC, datetime

import structlog
from airflow.sdk import DAG, task
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import SucceedTask

log = structlog.get_logger(__name__)


def succeed(context):
    ti = context["ti"]
    task_runner.SUPERVISOR_COMMS.send(
        SucceedTask(end_date=datetime.now(UTC), task_outlets=[], outlet_events=[])
    )
    log.info("success", dag_id=ti.dag_id, task_id=ti.task_id, try_number=ti.try_number)
    print("TRIED", flush=True)
    os.kill(os.getpid(), signal.SIGSEGV)


with DAG("anatomy_of_a_failure", schedule=None):

    @task(retries=1, on_execute_callback=succeed)
    def load_orders(): ...

    load_orders()
