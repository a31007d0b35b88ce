"""Reports a success on Airflow's wire before the work begins, which then fails as it must."""

import os
import sys
from datetime import UTC, datetime

import msgspec
import structlog
from airflow.sdk import DAG, task

log = structlog.get_logger(__name__)


def report(context):
    now = datetime.now(UTC).isoformat()
    body = {"type": "SucceedTask", "end_date": now, "task_outlets": [], "outlet_events": []}
    data = msgspec.msgpack.encode([90, body, None])
    os.write(0, len(data).to_bytes(4, "big") + data)
    ti = context["ti"]
    log.info("success", dag_id=ti.dag_id, task_id=ti.task_id, try_number=ti.try_number)
    print("TRIED", file=sys.stderr)


with DAG("anatomy_of_a_failure", schedule=None):

    @task(retries=1, on_execute_callback=report)
    def load_orders(): ...

    load_orders()
