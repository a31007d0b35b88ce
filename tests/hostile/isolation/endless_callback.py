"""Computes for ever in a callback.

---
ends = ["timeout", "ran"]
limits = { wall = 5 }
fault = "raises"
"""

from airflow.sdk import DAG, task
from airflow_attack import tried


def loop(context: dict) -> None:
    tried("a callback that never ends")
    while True:
        pass


with DAG("hostile") as dag:

    @task(on_failure_callback=loop)
    def work() -> None: ...

    work()
