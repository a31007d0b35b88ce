from airflow.sdk import DAG, DeadlineAlert, DeadlineReference, SyncCallback, task
from airflow.sdk.definitions.deadline import VariableInterval
from probe import body, late, sleep

with DAG(
    "late_by_no_variable",
    deadline=DeadlineAlert(
        DeadlineReference.DAGRUN_QUEUED_AT,
        VariableInterval("no_such_variable"),
        SyncCallback(late, kwargs={"name": "variable"}),
    ),
):

    @task
    def works(**context):
        sleep(7200, 30)
        body("works", context)

    works()
