import time

from airflow.sdk import DAG, task

with DAG("pool"):
    for number in range(3):

        @task(task_id=f"sleeps_{number}", pool="one", priority_weight=number)
        def sleeps():
            time.sleep(3600)

        sleeps()

    @task(pool="two", pool_slots=2)
    def takes_all_of_it():
        time.sleep(600)

    @task(pool="two")
    def takes_half_of_it():
        time.sleep(600)

    takes_all_of_it()
    takes_half_of_it()
