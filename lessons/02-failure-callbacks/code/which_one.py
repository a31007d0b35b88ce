"""Every kind of callback on every task: which is called, when, and where?"""

from __future__ import annotations

import os
import signal
from datetime import timedelta

from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException


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
    "retry_delay": timedelta(seconds=30),
}


# --8<-- [start:dag]
def recovers(ti):
    if ti.try_number == 1:
        raise TimeoutError("no answer")


def fails_fast():
    raise AirflowFailException("wrong password")


def skips_itself():
    raise AirflowSkipException("no orders today")


def is_killed():
    os.kill(os.getpid(), signal.SIGKILL)  # what Linux does when memory is out


def comes_after(): ...


with DAG("which_one", schedule=None, default_args=ALL_FIVE):
    task(recovers, retries=1)()
    task(fails_fast, retries=1)()
    task(skips_itself)()
    task(is_killed, retries=1)() >> task(comes_after)()
# --8<-- [end:dag]
