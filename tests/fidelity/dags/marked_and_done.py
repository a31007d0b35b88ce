import time

from airflow.sdk import DAG, BaseOperator
from probe import DAG_CALLBACKS, TASK_CALLBACKS, body, seconds, write


class Stops(BaseOperator):
    def execute(self, context):
        self.known, self.stop = context, False
        body("begins", context)
        while not self.stop:
            time.sleep(seconds(2, 0.5))
        body("ends in time", context)

    def on_kill(self):
        write("work on_kill", self.known)
        self.stop = True


with DAG("marked_and_done", default_args=TASK_CALLBACKS, **DAG_CALLBACKS):
    Stops(task_id="stops", retries=2)
