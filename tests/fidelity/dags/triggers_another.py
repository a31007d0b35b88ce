from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG
from probe import DAG_CALLBACKS, TASK_CALLBACKS, delta

with DAG("triggers_another", default_args=TASK_CALLBACKS, **DAG_CALLBACKS):
    TriggerDagRunOperator(
        task_id="triggers", trigger_dag_id="no_such_dag", retries=1, retry_delay=delta(300, 1)
    )
