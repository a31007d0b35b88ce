"""Pushes under a map index that is not its own: one of the task's other instances is to read it."""

from airflow.sdk import DAG, task
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import SetXCom


def write(context):
    ti = context["ti"]
    print("TRIED")
    message = SetXCom(key="sum", value=1, dag_id=ti.dag_id, run_id=ti.run_id, task_id=ti.task_id, map_index=7)
    task_runner.SUPERVISOR_COMMS.send(message)
    print("NEVER")


with DAG("anatomy_of_a_failure", schedule=None):

    @task(retries=1, on_execute_callback=write)
    def load_orders(): ...

    load_orders()
