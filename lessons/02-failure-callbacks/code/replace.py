"""default_args and a task's own callbacks: replaced, not merged."""

from __future__ import annotations

from airflow.sdk import DAG, TaskGroup, task


def audit(context):
    print("audit:", context["ti"].task_id)


def page(context):
    print("page:", context["ti"].task_id)


# --8<-- [start:dag]
with DAG("replace", schedule=None, default_args={"on_failure_callback": audit}):

    @task
    def inherits() -> None:
        raise ValueError

    @task(on_failure_callback=page)
    def has_its_own() -> None:
        raise ValueError

    @task(on_failure_callback=[audit, page])
    def has_both() -> None:
        raise ValueError

    @task(on_failure_callback=None)
    def is_silent() -> None:
        raise ValueError

    inherits()
    has_its_own()
    has_both()
    is_silent()

    with TaskGroup("group", default_args={"on_failure_callback": page}):
        inherits.override(task_id="in_a_group")()
# --8<-- [end:dag]
