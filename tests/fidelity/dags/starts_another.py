from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, task
from probe import DAG_CALLBACKS, TASK_CALLBACKS, body, seconds, sleep

with DAG("starts_another", default_args=TASK_CALLBACKS, **DAG_CALLBACKS):
    starts = TriggerDagRunOperator(
        task_id="starts",
        trigger_dag_id="started",
        conf={"why": "a test"},
        wait_for_completion=True,
        poke_interval=seconds(60, 5),
        failed_states=["failed"],
    )

    @task
    def after(**context):
        body("after", context)

    starts >> after()

with DAG("started", default_args=TASK_CALLBACKS, **DAG_CALLBACKS):

    @task
    def works(**context):
        sleep(3600, 5)
        body("works", context, why=context["dag_run"].conf)
        raise OSError("works")

    works()
