import time

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, BaseOperator
from probe import DAG_CALLBACKS, TASK_CALLBACKS, delta, seconds, write


class Long(BaseOperator):
    def execute(self, context):
        self.known = context
        time.sleep(seconds(10800, 180))
        write("work too late", context)

    def on_kill(self):
        write("work on_kill", self.known)


with DAG("run_timeout", default_args=TASK_CALLBACKS, dagrun_timeout=delta(7200, 25), **DAG_CALLBACKS):
    Long(task_id="long", retries=2) >> EmptyOperator(task_id="behind")
