import time

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, BaseOperator, task
from probe import DAG_CALLBACKS, TASK_CALLBACKS, seconds, sleep, write


class Long(BaseOperator):
    def execute(self, context):
        self.known = context
        time.sleep(seconds(10800, 180))
        write("work too late", context)

    def on_kill(self):
        write("work on_kill", self.known)


with DAG("fail_fast", fail_fast=True, default_args=TASK_CALLBACKS, **DAG_CALLBACKS):
    Long(task_id="long") >> EmptyOperator(task_id="behind")

    @task
    def breaks():
        sleep(1800, 20)
        raise OSError("breaks")

    breaks() >> EmptyOperator(task_id="after")
