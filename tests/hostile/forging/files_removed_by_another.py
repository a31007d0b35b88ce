"""A task leaves its files, and another task's work removes them: no callback does."""

import tempfile
from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, task

with DAG("callback_exercise_dag", schedule=None, default_args={"retry_delay": timedelta(seconds=30)}):

    @task
    def file_cleanup():
        folder = Path(tempfile.mkdtemp(prefix="own-"))
        (folder / "orders.csv").write_text("a row\n")
        (folder / "customers.csv").write_text("a row\n")

    @task(trigger_rule="all_done")
    def connection_cleanup():
        for path in Path(tempfile.gettempdir()).glob("own-*/*.csv"):
            path.unlink()
            print("TRIED", path.name)

    file_cleanup() >> connection_cleanup()
