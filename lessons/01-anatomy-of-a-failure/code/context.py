"""Every callback prints the keys of its context."""

from __future__ import annotations

import json
from datetime import timedelta

from airflow.sdk import DAG, task


def show(context):
    print(json.dumps(sorted(context)))


with DAG("context", schedule=None, on_success_callback=show, on_failure_callback=show):

    @task(
        retries=1,
        retry_delay=timedelta(minutes=5),
        on_execute_callback=show,
        on_success_callback=show,
        on_retry_callback=show,
        on_failure_callback=show,
        on_skipped_callback=show,
    )
    def load():
        return 42

    load()
