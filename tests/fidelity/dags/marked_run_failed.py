from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG
from probe import DAG_CALLBACKS, TASK_CALLBACKS, Long

with DAG("marked_run_failed", default_args=TASK_CALLBACKS, **DAG_CALLBACKS):
    Long(task_id="long", retries=2) >> EmptyOperator(task_id="behind", on_success_callback=None)
