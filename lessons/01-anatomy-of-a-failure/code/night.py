"""The night of the incident: a chain of three tasks, and one beside it."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, task


# --8<-- [start:dag]
def tell(context):
    print(f"mail: {context['ti'].task_id} failed: {context['exception']}")


with DAG("night", schedule=None, default_args={"on_failure_callback": tell}):

    @task(retries=1, retry_delay=timedelta(minutes=5))
    def load_orders():
        return "orders.csv"

    @task
    def build_report(name):
        return f"a report of {name}"

    @task
    def send_report(report):
        print("sent:", report)

    @task
    def clear_inbox():
        print("the inbox is empty")

    send_report(build_report(load_orders()))
    clear_inbox()
# --8<-- [end:dag]
