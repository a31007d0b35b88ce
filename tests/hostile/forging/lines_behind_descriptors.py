"""Sends descriptors along with empty lines just before the outcome. The system ends every look at a channel where it
comes upon one, so the callback's line that waits behind them might be read when the outcome has been reported."""

import gc
import json
import os
import socket

from airflow.sdk import DAG, task
from airflow.sdk.execution_time.comms import CommsDecoder


def write_late(context):
    send = CommsDecoder.send

    def sends(wire, msg):
        if type(msg).__name__ in ("SucceedTask", "RetryTask", "TaskState"):
            write(context["ti"])
        return send(wire, msg)

    CommsDecoder.send = sends


def write(ti):
    event = "failure" if ti.try_number > 1 else "success"
    line = {
        "event": event,
        "level": "error",
        "dag_id": ti.dag_id,
        "task_id": ti.task_id,
        "try_number": ti.try_number,
    }
    number = next(one for one in gc.get_objects() if type(one).__name__ == "Stamped")._raw.fileno()
    os.write(1, b"TRIED: a line behind descriptors\n")
    channel = socket.socket(fileno=os.dup(number))
    folder = os.open(".", os.O_RDONLY)
    for _ in range(200):
        socket.send_fds(channel, [b"\n"], [folder])
    channel.sendall(b"0 0 " + json.dumps(line).encode() + b"\n")


with DAG("anatomy_of_a_failure", schedule=None):

    @task(retries=1, pre_execute=write_late)
    def load_orders(): ...

    load_orders()
