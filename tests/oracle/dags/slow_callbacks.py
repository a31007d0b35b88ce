import time

from airflow.sdk import DAG, task


def slow(context):
    ti = context["ti"]
    print("begins", ti.task_id)
    time.sleep(10)
    print(ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id]))


with DAG("slow_callbacks", on_success_callback=slow, on_failure_callback=slow):

    @task(on_success_callback=slow)
    def succeeds(): ...

    @task
    def side_by_side_with_the_callback():
        time.sleep(2)

    @task(on_failure_callback=slow)
    def fails():
        raise OSError("always")

    @task(trigger_rule="all_done")
    def after_the_callback(): ...

    succeeds() >> side_by_side_with_the_callback()
    fails() >> after_the_callback()
