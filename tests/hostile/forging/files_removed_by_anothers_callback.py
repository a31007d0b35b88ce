"""A task leaves its files and sleeps; meanwhile another one fails, whose callback removes them."""

import tempfile
import time
from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, task


def remove(context):
    for path in Path(tempfile.gettempdir()).glob("own-*/*.csv"):
        path.unlink()
        print("TRIED", path.name)


with DAG("callback_exercise_dag", schedule=None, default_args={"retry_delay": timedelta(seconds=30)}):

    @task(priority_weight=9)
    def file_cleanup():
        folder = Path(tempfile.mkdtemp(prefix="own-"))
        (folder / "orders.csv").write_text("a row\n")
        (folder / "customers.csv").write_text("a row\n")
        time.sleep(60)

    @task(on_failure_callback=remove)
    def connection_cleanup(): ...

    file_cleanup()
    connection_cleanup()
