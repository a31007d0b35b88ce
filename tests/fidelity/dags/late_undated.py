from airflow.sdk import DAG, DeadlineAlert, DeadlineReference, SyncCallback, task
from probe import body, delta, late, sleep

with DAG(
    "late_undated",
    deadline=DeadlineAlert(
        DeadlineReference.DAGRUN_LOGICAL_DATE, delta(60, 1), SyncCallback(late, kwargs={"name": "never"})
    ),
):

    @task
    def works(**context):
        sleep(7200, 5)
        body("works", context)

    works()
