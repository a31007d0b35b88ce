"""A list in the memory of a process: whoever runs there sees what was noted there before."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, task

# --8<-- [start:dag]
notes = []


def note(context):
    notes.append("a callback")
    print("noted in this process:", ", ".join(notes))


with DAG("where", schedule=None, on_success_callback=note):

    @task(
        retries=1,
        retry_delay=timedelta(minutes=5),
        on_execute_callback=note,
        on_retry_callback=note,
        on_success_callback=note,
    )
    def load(ti):
        notes.append("the work")
        if ti.try_number == 1:
            raise OSError("disk full")

    load()
# --8<-- [end:dag]
