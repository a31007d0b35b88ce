"""Every callback prints what its context holds."""

from __future__ import annotations

import json
from datetime import timedelta

from airflow.sdk import DAG, task


# --8<-- [start:dag]
def show(context):
    kinds = {key: type(value).__name__ for key, value in sorted(context.items())}
    print(json.dumps(kinds))


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
# --8<-- [end:dag]
