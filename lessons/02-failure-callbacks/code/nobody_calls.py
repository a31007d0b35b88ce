"""One operator, five ends: which of its three safety nets holds?"""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta

from airflow.sdk import DAG, BaseOperator


# --8<-- [start:nets]
def tell(context):
    context["task"].log.info("callback")


class Import(BaseOperator):
    def __init__(self, *, how, **kwargs):
        super().__init__(on_failure_callback=tell, **kwargs)
        self.how = how

    def execute(self, context):
        try:
            self.how()
        finally:
            self.log.info("finally")

    def on_kill(self):
        self.log.info("on_kill")
        # --8<-- [end:nets]


# --8<-- [start:ends]
def fails():
    raise ValueError("bad row")


def is_slow():
    time.sleep(7200)


def is_killed():
    os.kill(os.getpid(), signal.SIGKILL)  # what Linux does when memory is out


with DAG("nobody_calls", schedule=None, dagrun_timeout=timedelta(hours=1)):
    Import(task_id="fails", how=fails)
    Import(task_id="times_out", how=is_slow, execution_timeout=timedelta(minutes=30))
    Import(task_id="is_killed", how=is_killed)
    Import(task_id="is_stopped", how=is_slow)
    Import(task_id="loses_worker", how=is_slow)
# --8<-- [end:ends]
