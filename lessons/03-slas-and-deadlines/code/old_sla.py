"""A pipeline as it was written for Airflow 2, with SLAs."""

from __future__ import annotations

# --8<-- [start:dag]
from datetime import timedelta

from airflow.sdk import DAG, task


def tell(dag, task_list, blocking_task_list, slas, blocking_tis):
    print("missed its SLA:", task_list)


with DAG("old_sla", schedule=None, sla_miss_callback=tell):

    @task(sla=timedelta(hours=1))
    def load() -> None: ...

    @task(sla=timedelta(hours=2))
    def report() -> None: ...

    load() >> report()
# --8<-- [end:dag]
