"""Every kind of callback on every task: which is called, and when?"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, task

# --8<-- [start:callbacks]
KINDS = ["execute", "success", "failure", "retry", "skipped"]


def say(kind: str):
    def callback(context):
        ti = context["ti"]
        print(f"on_{kind}_callback of {ti.task_id}, try {ti.try_number}, state {ti.state}")

    return callback


ALL = {f"on_{kind}_callback": say(kind) for kind in KINDS}
# --8<-- [end:callbacks]

# --8<-- [start:dag]
with DAG(
    "which_one",
    schedule=None,
    default_args={**ALL, "retries": 1, "retry_delay": timedelta(seconds=30)},
):

    @task
    def works() -> None: ...

    @task
    def recovers() -> None: ...

    @task
    def gives_up() -> None: ...

    @task
    def skips_itself() -> None: ...

    @task
    def is_killed() -> None: ...

    @task
    def comes_after() -> None: ...

    works()
    recovers()
    gives_up() >> comes_after()
    skips_itself()
    is_killed()
# --8<-- [end:dag]
