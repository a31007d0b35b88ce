"""One task that says when it has failed."""

from datetime import timedelta

from airflow.sdk import DAG, task


def say(context):
    print("it failed:", context["exception"])


with DAG("first", schedule=None):

    @task(retries=1, retry_delay=timedelta(minutes=5), on_failure_callback=say)
    def load():
        return 42

    load()
