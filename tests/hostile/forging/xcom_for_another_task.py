"""The first task writes the second one's results, so that the second one need not run."""

from airflow.sdk import DAG, task
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import SetXCom


def write(context):
    ti = context["ti"]
    print("TRIED")
    task_runner.SUPERVISOR_COMMS.send(
        SetXCom(key="return_value", value=1, dag_id=ti.dag_id, run_id=ti.run_id, task_id="publish")
    )


with DAG("night_report", schedule=None):

    @task
    def collect(): ...

    @task(on_execute_callback=write)
    def compute(): ...

    @task
    def publish(): ...

    collect() >> compute() >> publish()
