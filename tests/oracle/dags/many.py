import time

from airflow.sdk import DAG, task

with DAG("many", max_active_tasks=3):

    @task(priority_weight=10)
    def important():
        time.sleep(1800)

    for number in range(7):

        @task(task_id=f"sleeps_{number}", priority_weight=number)
        def sleeps():
            time.sleep(3600)

        sleeps()
    important()
