from airflow.sdk import (
    DAG,
    BaseDeadlineReference,
    DeadlineAlert,
    DeadlineReference,
    SyncCallback,
    deadline_reference,
    task,
)
from probe import delta, late


@deadline_reference()
class Never(BaseDeadlineReference):
    def _evaluate_with(self, *, session, **kwargs):
        return None


with DAG(
    "late_by_own_rule",
    deadline=DeadlineAlert(
        DeadlineReference.Never, delta(60, 1), SyncCallback(late, kwargs={"name": "own rule"})
    ),
):

    @task
    def works(): ...

    works()
