"""``old_sla.py``, moved to a deadline."""

from __future__ import annotations

# --8<-- [start:dag]
from datetime import timedelta

from airflow.sdk import DAG, AsyncCallback, DeadlineAlert, DeadlineReference, task
from alerts import tell_slack

due = DeadlineAlert(
    name="report due",
    reference=DeadlineReference.DAGRUN_QUEUED_AT,
    interval=timedelta(hours=2),
    callback=AsyncCallback(tell_slack, kwargs={"owner": "@sales"}),
)

with DAG("moved", schedule=None, deadline=due):

    @task
    def load() -> None: ...

    @task
    def report() -> None: ...

    load() >> report()
# --8<-- [end:dag]
