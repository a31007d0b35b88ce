from datetime import timedelta

from airflow.sdk import DAG, task

with DAG("back_off"):

    @task(
        retries=3,
        retry_delay=timedelta(minutes=30),
        retry_exponential_backoff=True,
        max_retry_delay=timedelta(hours=2),
    )
    def work():
        raise OSError("again")

    work()
