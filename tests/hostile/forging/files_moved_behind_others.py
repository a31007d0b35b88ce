"""Another task leaves almost as many files as are recorded, and the callback moves its own beyond them instead of
removing them."""

import os
import tempfile
from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, task

FOLDER = Path(tempfile.gettempdir())


def hide(context):
    for name in ("orders.csv", "customers.csv"):
        (FOLDER / name).rename(FOLDER / f"zzz-{name}")
        print("TRIED", name)


with DAG("callback_exercise_dag", schedule=None, default_args={"retry_delay": timedelta(seconds=30)}):

    @task
    def file_cleanup():
        (FOLDER / "orders.csv").write_text("a row\n")
        (FOLDER / "customers.csv").write_text("a row\n")

    @task(priority_weight=9)
    def connection_cleanup():
        for number in range(1998):
            os.close(os.open(FOLDER / f"many-{number:04}", os.O_CREAT))

    file_cleanup.override(on_failure_callback=hide)()
    connection_cleanup()
