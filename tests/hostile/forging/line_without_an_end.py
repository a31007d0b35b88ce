"""Writes all of a callback's line but its end before the work, and nothing after it: the line is whole when the process
ends, and might pass for one that was written then."""

import gc
import json
import os

from airflow.sdk import DAG, task


def write(context):
    ti = context["ti"]
    event = "failure" if ti.try_number > 1 else "success"
    line = {
        "event": event,
        "level": "error",
        "dag_id": ti.dag_id,
        "task_id": ti.task_id,
        "try_number": ti.try_number,
    }
    channel = next(one for one in gc.get_objects() if type(one).__name__ == "Stamped")._raw.fileno()
    os.write(1, b"TRIED: a line without an end\n")
    os.write(channel, b"0 0 " + json.dumps(line).encode())
    os.dup2(os.open(os.devnull, os.O_WRONLY), channel)


with DAG("anatomy_of_a_failure", schedule=None):

    @task(retries=1, pre_execute=write)
    def load_orders(): ...

    load_orders()
