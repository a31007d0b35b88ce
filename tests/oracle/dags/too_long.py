import time
from datetime import timedelta

from airflow.sdk import DAG, BaseOperator


def tells(context):
    print(context["ti"].try_number, type(context["exception"]).__name__)


class Slow(BaseOperator):
    def execute(self, context):
        time.sleep(3 * 3600)

    def on_kill(self):
        time.sleep(2)
        print("tidied up")


with DAG("too_long"):
    Slow(
        task_id="work",
        execution_timeout=timedelta(minutes=30),
        retries=1,
        retry_delay=timedelta(minutes=10),
        on_retry_callback=tells,
        on_failure_callback=tells,
    )
