"""Lists of callbacks in which one raises."""

from __future__ import annotations

import functools

import structlog
from airflow.sdk import DAG, task
from airflow.sdk.observability import stats

log = structlog.get_logger(__name__)


# --8<-- [start:callbacks]
def first(context):
    print("first: done")


def second(context):
    print("second: half done")
    print("second: all done, for", context["execution_date"])


def third(context):
    print("third: done")


# --8<-- [end:callbacks]


# --8<-- [start:careful]
def careful(callback):
    @functools.wraps(callback)
    def call(context):
        try:
            callback(context)
        except Exception:
            log.exception("callback_failed", callback=callback.__name__)
            stats.incr("callbacks.failed", tags={"callback": callback.__name__})

    return call


# --8<-- [end:careful]


# --8<-- [start:dag]
with DAG("one_raises", schedule=None):

    @task(on_failure_callback=[first, second, third])
    def load() -> None:
        raise ValueError("bad row")

    @task(on_success_callback=second)
    def report() -> None: ...

    @task(on_failure_callback=careful(second))
    def export() -> None:
        raise ValueError("bad row")

    load()
    report()
    export()
# --8<-- [end:dag]
