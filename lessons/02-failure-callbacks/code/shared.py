"""What callbacks of one list share: the context."""

from __future__ import annotations

from airflow.sdk import DAG, task


# --8<-- [start:callbacks]
def shorten(context):
    context["exception"] = str(context["exception"])[:20]


def decide(context):
    lost = isinstance(context["exception"], ConnectionError)
    print("wait, it will heal" if lost else "page somebody")
    # --8<-- [end:callbacks]


def fails():
    raise ConnectionError("the shop closed the connection")


with DAG("shared", schedule=None):
    task(fails, task_id="decides_first", on_failure_callback=[decide, shorten])()
    task(fails, task_id="shortens_first", on_failure_callback=[shorten, decide])()
