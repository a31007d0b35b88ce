"""Every kind of callback on every task: which is called, when, and where?"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, task


# --8<-- [start:callbacks]
def on_execute(context): ...


def on_success(context): ...


def on_failure(context): ...


def on_retry(context): ...


def on_skipped(context): ...


ALL_FIVE = {
    "on_execute_callback": on_execute,
    "on_success_callback": on_success,
    "on_failure_callback": on_failure,
    "on_retry_callback": on_retry,
    "on_skipped_callback": on_skipped,
}
# --8<-- [end:callbacks]

# --8<-- [start:dag]
with DAG("which_one", schedule=None, default_args={**ALL_FIVE, "retry_delay": timedelta(seconds=30)}):

    @task
    def works() -> None: ...

    @task(retries=1)
    def recovers() -> None: ...

    @task(retries=1)
    def gives_up() -> None: ...

    @task(retries=1)
    def fails_fast() -> None: ...

    @task
    def skips_itself() -> None: ...

    @task(retries=1)
    def is_killed() -> None: ...

    @task
    def comes_after() -> None: ...

    works()
    recovers()
    gives_up() >> comes_after()
    fails_fast()
    skips_itself()
    is_killed()
# --8<-- [end:dag]
