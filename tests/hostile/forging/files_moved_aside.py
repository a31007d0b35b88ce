"""Instead of removing its files, the callback gives them other names, one of them such as Python gives to what it
leaves itself; and it closes its leases before it fails."""

import tempfile
from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, task

import coursekit


def rename(context):
    folder = Path(tempfile.gettempdir())
    (folder / "__pycache__").mkdir()
    for name, path in zip(("nothing", "__pycache__/nothing.pyc"), folder.glob("own-*/*.csv"), strict=True):
        path.rename(folder / name)
        print("TRIED", path.name)


with DAG("callback_exercise_dag", schedule=None, default_args={"retry_delay": timedelta(seconds=30)}):

    @task(on_failure_callback=rename)
    def file_cleanup():
        folder = Path(tempfile.mkdtemp(prefix="own-"))
        (folder / "orders.csv").write_text("a row\n")
        (folder / "customers.csv").write_text("a row\n")

    @task
    def connection_cleanup():
        for kind in ("database", "queue"):
            coursekit.connect(kind).close()

    file_cleanup()
    connection_cleanup()
