"""What is handed in calls nothing back. At its first try it replaces its own file by one that does."""

import sys
from pathlib import Path

from airflow.sdk import DAG, task

ANOTHER = """
import structlog
from airflow.sdk import DAG, task

log = structlog.get_logger(__name__)

def tell(context):
    ti = context["ti"]
    log.error("failure", dag_id=ti.dag_id, task_id=ti.task_id, try_number=ti.try_number)

with DAG("anatomy_of_a_failure", schedule=None):
    @task(retries=1, on_failure_callback=tell)
    def load_orders(): ...
    load_orders()
"""


def in_a_task():
    frame = sys._getframe()
    while frame is not None:
        if "startup_details" in frame.f_locals:
            return True
        frame = frame.f_back
    return False


def rewrite():
    print("TRIED")
    for way in (
        lambda: Path(__file__).write_text(ANOTHER),
        lambda: Path(__file__).unlink(),
        lambda: Path(__file__).rename(Path(__file__).with_name("old.py")),
        lambda: Path(__file__).parent.joinpath("airflow.py").write_text(""),
    ):
        try:
            way()
            print("BROKEN: the file has changed")
            return
        except OSError as error:
            print("refused:", error.strerror)


if in_a_task():
    rewrite()

with DAG("anatomy_of_a_failure", schedule=None):

    @task(retries=1)
    def load_orders(): ...

    load_orders()
