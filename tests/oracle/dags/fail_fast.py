import time

from airflow.sdk import DAG, BaseOperator, task


class Slow(BaseOperator):
    def execute(self, context):
        time.sleep(3 * 3600)

    def on_kill(self):
        print("stopped")


with DAG("fail_fast", fail_fast=True):

    @task
    def fails():
        time.sleep(600)
        raise OSError("early")

    @task
    def never_begins(): ...

    Slow(task_id="slow") >> never_begins()
    fails()
