import time
from datetime import timedelta

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, task


def tells(context):
    print("callback of", context["dag"].dag_id, context["ti"].task_id)


calls = {"on_success_callback": tells, "on_failure_callback": tells}
waits = {"trigger_dag_id": "other", "wait_for_completion": True, "poke_interval": 600}

with DAG("triggers", **calls):

    @task.short_circuit
    def at_first(dag_run=None):
        return dag_run.run_type == "manual"

    TriggerDagRunOperator(task_id="goes_on", trigger_dag_id="other")
    TriggerDagRunOperator(task_id="waits", **waits)
    TriggerDagRunOperator(task_id="defers", deferrable=True, **waits)
    at_first() >> TriggerDagRunOperator(task_id="again", trigger_dag_id="triggers")

with DAG("other", dagrun_timeout=timedelta(minutes=90), **calls):

    @task(retries=1, retry_delay=timedelta(minutes=5), on_retry_callback=tells)
    def work(ti=None):
        time.sleep(3600)
        if ti.try_number == 1:
            raise OSError("again")

    work()
