"""Three callbacks after an hour: where they run, and which of them cannot."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, AsyncCallback, DeadlineAlert, DeadlineReference, SyncCallback, task
from alerts import tell_slack


# --8<-- [start:dag]
def here(context):
    print("still", context["dag_run"]["state"])


async def also_here(context):
    print("still", context["dag_run"]["state"])


def after_an_hour(callback):
    return DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, timedelta(hours=1), callback)


with DAG(
    "async_here",
    schedule=None,
    deadline=[
        after_an_hour(SyncCallback(here)),
        after_an_hour(AsyncCallback(also_here)),
        after_an_hour(AsyncCallback(tell_slack, kwargs={"owner": "@sales"})),
    ],
):
    # --8<-- [end:dag]

    @task
    def load() -> None: ...

    load()
