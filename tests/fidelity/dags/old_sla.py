from datetime import timedelta

from airflow.sdk import DAG, task
from probe import body, sleep, write


def misses(dag, task_list, blocking_task_list, slas, blocking_tis):
    write("sla missed", {"dag_run": {"dag_id": dag.dag_id, "state": ""}})


with DAG("old_sla", sla_miss_callback=misses):

    @task(sla=timedelta(seconds=1))
    def works(**context):
        sleep(7200, 10)
        body("works", context)

    works()
