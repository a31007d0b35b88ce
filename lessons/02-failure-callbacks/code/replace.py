"""default_args and a task's own callbacks: replaced, not merged."""

from __future__ import annotations

from airflow.sdk import DAG, TaskGroup, task


# --8<-- [start:dag]
def audit(context): ...


def page(context): ...


def fails():
    raise ValueError("bad row")


with DAG("replace", schedule=None, default_args={"on_failure_callback": audit}):
    task(fails, task_id="says_nothing")()
    task(fails, task_id="has_its_own", on_failure_callback=page)()
    task(fails, task_id="has_both", on_failure_callback=[audit, page])()
    task(fails, task_id="wants_none", on_failure_callback=None)()
    with TaskGroup("group", default_args={"on_failure_callback": page}):
        task(fails, task_id="in_a_group")()
# --8<-- [end:dag]
