"""Lists of callbacks in which one raises."""

from __future__ import annotations

import functools
import logging

import structlog
from airflow.sdk import DAG, task
from airflow.sdk.observability import stats

log = structlog.get_logger(__name__)


def remove_staging(context):
    log.info("staging removed")


def count(context):
    log.info("counted")


def send(text):
    log.info("sent", text=text)


# --8<-- [start:template]
def alert(context):
    ti = context["task_instance"]
    day = context["execution_date"]
    try:
        send(f"{ti.task_id} failed on {day}")
    except Exception as error:
        logging.error("Alert failed: %s", error)
        # --8<-- [end:template]


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

    @task(on_failure_callback=[remove_staging, alert, count])
    def load() -> None:
        raise ValueError("bad row")

    @task(on_failure_callback=[remove_staging, careful(alert), count])
    def export() -> None:
        raise ValueError("bad row")

    load()
    export()
# --8<-- [end:dag]
