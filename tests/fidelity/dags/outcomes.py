from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowSkipException
from probe import DAG_CALLBACKS, TASK_CALLBACKS, body, delta

with DAG("outcomes", default_args=TASK_CALLBACKS | {"retry_delay": delta(1800, 1)}, **DAG_CALLBACKS):

    @task
    def works(**context):
        body("works", context)

    @task
    def skips(**context):
        raise AirflowSkipException("not today")

    @task.branch
    def branches():
        return "taken"

    @task
    def retried(**context):
        body("second try", context)

    @task
    def fails(): ...

    @task
    def fails_fast(): ...

    @task
    def ordinary(): ...

    @task
    def exits(): ...

    @task
    def fails_last(): ...

    works() >> skips()
    branches() >> [EmptyOperator(task_id="taken"), EmptyOperator(task_id="not_taken")]
    fails() >> EmptyOperator(task_id="behind")
    retried()
    # The DAG's own callback is told of the task that failed last.
    (
        [fails_fast(), ordinary(), exits()]
        >> EmptyOperator(task_id="all", trigger_rule="all_done")
        >> fails_last()
    )
