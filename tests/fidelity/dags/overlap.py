from airflow.sdk import DAG, task
from probe import body, sleep, write


def slow(context):
    write("slow begins", context)
    sleep(10, 17)
    write("slow ends", context)


with DAG("overlap"):

    @task(on_success_callback=slow)
    def first(**context):
        body("first", context)

    @task
    def second(**context):
        body("second", context)

    first() >> second()
