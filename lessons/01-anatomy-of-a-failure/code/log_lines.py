"""Three ways to say the same in a task's log."""

from __future__ import annotations

import logging

import structlog
from airflow.sdk import DAG, task

with DAG("log_lines", schedule=None):
    # --8<-- [start:task]
    @task
    def load():
        print("loaded 42 orders")
        logging.getLogger("orders").info("loaded %s orders", 42)
        structlog.get_logger("orders").info("loaded", orders=42)

    # --8<-- [end:task]
    load()
