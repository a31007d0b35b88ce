import time

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, BaseOperator
from probe import DAG_CALLBACKS, TASK_CALLBACKS, body, seconds, write


class Long(BaseOperator):
    def execute(self, context):
        self.known = context
        body("begins", context)
        time.sleep(seconds(10800, 120))
        body("too late", context)

    def on_kill(self):
        write("work on_kill", self.known)


with DAG("marked_task_failed", default_args=TASK_CALLBACKS, **DAG_CALLBACKS):
    Long(task_id="long", retries=2) >> EmptyOperator(task_id="behind", on_success_callback=None)
