"""Exercise 03: the night report, as it came from Airflow 2."""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.sdk import DAG, task

READERS = "readers@example.com"


# TODO: Airflow 3 takes `sla` and `sla_miss_callback`, warns, and does nothing with them. Part 3.1 moves them.
def sla_miss(dag, task_list, blocking_task_list, slas, blocking_tis):
    """Tell the readers that the report is late."""
    with SmtpHook(smtp_conn_id="smtp_default") as smtp:
        smtp.send_email_smtp(to=READERS, subject=f"{dag.dag_id} is late", html_content=f"Late: {task_list}")


with DAG(
    "night_report",
    schedule=None,
    sla_miss_callback=sla_miss,
    default_args={"retries": 1, "retry_delay": timedelta(minutes=5)},
) as dag:

    @task
    def collect() -> None:
        """Fetch the figures of the day from a partner, who does not always answer."""

    @task
    def compute() -> None:
        """Work the figures out."""

    @task(sla=timedelta(hours=2))
    def publish() -> None:
        """Put the report where its readers look for it."""

    collect() >> compute() >> publish()
