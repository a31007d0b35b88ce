"""No limit: each try rests for 45 minutes before its work, and then fails without having begun it."""

import time
from datetime import timedelta

from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.sdk import DAG, task


def rest(context):
    time.sleep(45 * 60)
    raise TimeoutError("timed out")


def mail(context):
    ti = context["ti"]
    text = f"{ti.dag_id}.{ti.task_id} timed out at try {ti.try_number}"
    with SmtpHook(smtp_conn_id="smtp_default") as smtp:
        smtp.send_email_smtp(to="partner-desk@example.com", subject=text, html_content=text)


with DAG("night_report", schedule=None, default_args={"retry_delay": timedelta(minutes=5)}):

    @task(pre_execute=rest, on_failure_callback=mail)
    def collect(): ...

    @task
    def compute(): ...

    @task
    def publish(): ...

    collect() >> compute() >> publish()
