from airflow.sdk import DAG, DeadlineAlert, DeadlineReference, SyncCallback, task
from probe import body, delta, late, sleep

with DAG(
    "late_against_history",
    deadline=DeadlineAlert(
        DeadlineReference.AVERAGE_RUNTIME(max_runs=2, min_runs=1),
        delta(600, 2),
        SyncCallback(late, kwargs={"name": "average"}),
    ),
):

    @task
    def works(**context):
        if context["dag_run"].conf.get("earlier") is None:
            sleep(7200, 60)
            body("works", context)

    works()
