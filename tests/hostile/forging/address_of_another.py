"""The process that parses the file leaves its Slack address in a file; the task's process uses it, so that its
message comes from the DAG processor."""

import os
import sys
from pathlib import Path

import requests
from airflow.sdk import DAG, BaseHook, task

NOTE = Path(os.environ.get("TMPDIR", "/tmp"), "address")


def in_a_task():
    frame = sys._getframe()
    while frame is not None:
        if "startup_details" in frame.f_locals:
            return True
        frame = frame.f_back
    return False


if not in_a_task() and "TMPDIR" in os.environ:
    NOTE.write_text(BaseHook.get_connection("slack_webhook").password)


def tell(context):
    print("TRIED")
    text = f"night_report failed: `compute` failed. Run: {context['run_id']}"
    print("answered", requests.post(NOTE.read_text(), json={"text": text}, timeout=2).status_code)


with DAG("night_report", schedule=None):

    @task
    def collect(): ...

    @task(on_failure_callback=tell)
    def compute(): ...

    @task
    def publish(): ...

    collect() >> compute() >> publish()
