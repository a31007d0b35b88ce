import time
from datetime import timedelta

from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowFailException


def slow(context):
    print("begins", context["ti"].task_id, context["ti"].try_number)
    time.sleep(40)
    print("should not be reached")


def after(context):
    print("should not be reached either")


with DAG(
    "overtime", default_args={"retries": 1, "retry_delay": timedelta(minutes=5)}, on_failure_callback=slow
):

    @task(on_failure_callback=[slow, after], on_retry_callback=[slow, after])
    def fails():
        raise OSError("always")

    @task(on_failure_callback=[slow, after])
    def gives_up():
        raise AirflowFailException("it runs again all the same")

    @task(on_success_callback=[slow, after])
    def succeeds(): ...

    @task
    def below(): ...

    succeeds() >> below()
    fails()
    gives_up()
