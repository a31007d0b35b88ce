from airflow.sdk import DAG, task
from probe import DAG_CALLBACKS, TASK_CALLBACKS, body, delta, write


def asks(context):
    told = {}
    for name in ("logical_date", "ds", "execution_date", "conf", "try_number", "reason"):
        try:
            context[name]
        except KeyError:
            told[name] = "KeyError"
    ti = context["ti"]
    for name in ("duration", "operator", "key", "pid", "execution_date", "end_date", "start_date"):
        try:
            told[name] = getattr(ti, name) is None
        except AttributeError:
            told[name] = "AttributeError"
    try:
        ti.retry_delay = 5
    except ValueError as error:
        told["set retry_delay"] = str(error)
    ti.max_tries = 5
    write("asks", context, told=told, fields=sorted(vars(context["dag_run"])))


with DAG("undated", default_args=TASK_CALLBACKS | {"retry_delay": delta(300, 1)}, **DAG_CALLBACKS):

    @task(on_failure_callback=asks, on_success_callback=asks)
    def fails():
        raise OSError("fails")

    @task(on_success_callback=asks)
    def works(**context):
        body("works", context)

    works() >> fails()
