from airflow.sdk import DAG, AsyncCallback, DeadlineAlert, DeadlineReference, SyncCallback, task
from probe import DAG_CALLBACKS, TASK_CALLBACKS, delta, late, later


def alert(name, callback):
    return DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, delta(7200, 75), callback, name=name)


with DAG(
    "late_after_failure",
    deadline=[
        alert("executor", SyncCallback(late, kwargs={"name": "executor"})),
        alert("triggerer", AsyncCallback(later, kwargs={"name": "triggerer"})),
    ],
    default_args=TASK_CALLBACKS,
    **DAG_CALLBACKS,
):

    @task
    def fails():
        raise OSError("long before")

    fails()
