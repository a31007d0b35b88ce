import time
from datetime import timedelta

from airflow.sdk import DAG, BaseOperator, task


def why(context):
    print(context["reason"], context["ti"].task_id, "exception" in context)


class Slow(BaseOperator):
    def execute(self, context):
        time.sleep(3 * 3600)
        print("should not be reached")

    def on_kill(self):
        time.sleep(3)
        print("tidied up")
        time.sleep(3)
        print("should not be reached either")


with DAG("run_too_long", dagrun_timeout=timedelta(hours=2), on_failure_callback=why):

    @task(retries=5, retry_delay=timedelta(minutes=50))
    def tries_again():
        raise OSError("again")

    @task
    def never_begins(): ...

    Slow(task_id="slow", on_failure_callback=why) >> never_begins()
    tries_again()
