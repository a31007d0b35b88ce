"""Every kind of callback on every task: which is called, when, and where?"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, task


def on_execute(context): ...


def on_success(context): ...


def on_failure(context): ...


def on_retry(context): ...


def on_skipped(context): ...


def work(): ...


# --8<-- [start:dag]
ALL_FIVE = {
    "on_execute_callback": on_execute,
    "on_success_callback": on_success,
    "on_failure_callback": on_failure,
    "on_retry_callback": on_retry,
    "on_skipped_callback": on_skipped,
    "retry_delay": timedelta(seconds=30),
}

with DAG("which_one", schedule=None, default_args=ALL_FIVE):
    task(work, task_id="recovers", retries=1)()
    task(work, task_id="fails_fast", retries=1)()
    task(work, task_id="skips_itself")()
    task(work, task_id="is_killed", retries=1)() >> task(work, task_id="comes_after")()
# --8<-- [end:dag]
