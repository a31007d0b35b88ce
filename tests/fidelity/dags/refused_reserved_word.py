from datetime import timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, AsyncCallback, DeadlineAlert, DeadlineReference
from probe import later

CALLBACK = AsyncCallback(later, kwargs={"context": 1})

with DAG(
    "refused_reserved_word",
    deadline=DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, timedelta(hours=1), CALLBACK),
):
    EmptyOperator(task_id="works")
