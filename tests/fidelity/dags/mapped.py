from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowSkipException
from probe import DAG_CALLBACKS, TASK_CALLBACKS, body, delta

with DAG("mapped", default_args=TASK_CALLBACKS | {"retry_delay": delta(300, 1)}, **DAG_CALLBACKS):

    @task(retries=1)
    def each(number, **context):
        body(f"number {number}", context)
        if number == 1:
            raise OSError("always")
        if number == 2 and context["ti"].try_number == 1:
            raise OSError("once")
        if number == 3:
            raise AirflowSkipException("not this one")

    @task(trigger_rule="all_done")
    def after(**context):
        body("after", context)
        raise OSError("the last to fail")

    each.expand(number=[0, 1, 2, 3]) >> after()
