from airflow.sdk import DAG, task
from probe import delta, write


def reads(kind):
    def call(context):
        write(kind, context, store=context["task_state_store"].get("page", default="nothing"))

    return call


with DAG("memory_in_callbacks"):

    @task(
        retries=1,
        retry_delay=delta(60, 1),
        on_retry_callback=reads("retry"),
        on_failure_callback=reads("failure"),
        on_success_callback=reads("success"),
    )
    def fails(**context):
        context["task_state_store"].set("page", 7)
        raise OSError

    fails()
