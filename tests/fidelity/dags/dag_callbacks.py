from airflow.sdk import DAG, task
from probe import body, tells, write


def breaks(context):
    write("dag breaks", context)
    raise OSError("the callback broke")


def asks(context):
    told, ti = {}, context["ti"]
    for name in ("start_date", "end_date", "state", "log_url", "max_tries", "hostname"):
        try:
            told[name] = getattr(ti, name) is None
        except AttributeError:
            told[name] = "AttributeError"
    write("dag asks", context, told=told)


with DAG("dag_callbacks", on_success_callback=[tells("dag first"), breaks, asks, tells("dag last")]):

    @task
    def works(**context):
        body("works", context)

    works()
