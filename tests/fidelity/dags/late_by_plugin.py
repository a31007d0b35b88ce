from airflow.sdk import DAG, DeadlineAlert, DeadlineReference, SyncCallback, task
from probe import body, delta, late, sleep

with DAG(
    "late_by_plugin",
    deadline=DeadlineAlert(
        DeadlineReference.TheBeginning,
        delta(60, 1),
        SyncCallback(late, kwargs={"name": "plugin", "run_state": ""}),
    ),
):

    @task
    def works(**context):
        sleep(7200, 5)
        body("works", context)

    works()
