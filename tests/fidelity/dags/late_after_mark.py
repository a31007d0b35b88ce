import time

from airflow.sdk import DAG, BaseOperator, DeadlineAlert, DeadlineReference, SyncCallback
from probe import DAG_CALLBACKS, TASK_CALLBACKS, body, delta, late, seconds


class Long(BaseOperator):
    def execute(self, context):
        body("begins", context)
        time.sleep(seconds(10800, 120))


with DAG(
    "late_after_mark",
    default_args=TASK_CALLBACKS,
    deadline=DeadlineAlert(
        DeadlineReference.DAGRUN_QUEUED_AT, delta(7200, 25), SyncCallback(late, {"name": "queued"})
    ),
    **DAG_CALLBACKS,
):
    Long(task_id="long")
