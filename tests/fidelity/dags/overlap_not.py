from airflow.sdk import DAG, task
from probe import body, sleep, write


def slow(context):
    ti, run_id = context["ti"], context["run_id"]
    write("slow begins", context, seen=ti.get_task_states("overlap_not", run_ids=[run_id])[run_id]["first"])
    sleep(10, 4)
    write("slow ends", context)


with DAG("overlap_not"):

    @task(on_failure_callback=slow)
    def first(**context):
        body("first", context)
        raise OSError("first")

    @task(trigger_rule="all_done")
    def second(**context):
        body("second", context)

    first() >> second()
