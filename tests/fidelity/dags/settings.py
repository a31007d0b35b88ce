from airflow.sdk import DAG, Variable, task
from probe import DAG_CALLBACKS, TASK_CALLBACKS, body, sleep, write


def asks(context):
    write("asks", context, city=Variable.get("city"), conf=context["dag_run"].conf)


with DAG("settings", default_args=TASK_CALLBACKS, **DAG_CALLBACKS):
    for name in ("first", "second"):

        @task(
            task_id=name, pool="narrow", priority_weight=2 if name == "first" else 1, on_success_callback=asks
        )
        def works(**context):
            body("begins", context, conf=context["dag_run"].conf, city=Variable.get("city"))
            sleep(3600, 3)
            body("ends", context)

        works()
