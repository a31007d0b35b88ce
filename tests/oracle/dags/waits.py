import time
from datetime import timedelta

from airflow.providers.standard.sensors.time_delta import TimeDeltaSensor
from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import DAG, BaseOperator, task


def tells(context):
    print(context["ti"].task_id, type(context["exception"]).__name__)


class Defers(BaseOperator):
    def execute(self, context):
        print("defers")
        self.defer(
            trigger=TimeDeltaTrigger(timedelta(hours=3)), method_name="goes_on", timeout=timedelta(hours=1)
        )

    def goes_on(self, context, event):
        print("should not be reached")


with DAG("waits", default_args={"on_failure_callback": tells, "on_retry_callback": tells}):
    waited = TimeDeltaSensor(task_id="waited", delta=timedelta(hours=2), deferrable=True)
    Defers(task_id="too_long", retries=1, retry_delay=timedelta(minutes=10))

    @task
    def beside():
        time.sleep(1800)

    @task
    def below(): ...

    waited >> below()
    beside()
