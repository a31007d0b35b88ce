"""A learner's DAG that fails and says so by mail."""

from airflow.providers.smtp.notifications.smtp import SmtpNotifier
from airflow.sdk import DAG, task

told = SmtpNotifier(to="me@example.com", subject="orders failed", html_content="The disk is full.")

with DAG("orders_of_the_day", schedule=None):

    @task(on_failure_callback=told)
    def load_orders() -> None:
        raise OSError("disk full")

    load_orders()
