from airflow.sdk import DAG, setup, task, teardown
from probe import DAG_CALLBACKS, TASK_CALLBACKS, body

with DAG("teardown", default_args=TASK_CALLBACKS, **DAG_CALLBACKS):

    @setup
    def take(**context):
        body("take", context)

    @task
    def work():
        raise OSError("work")

    @task
    def behind(): ...

    @teardown
    def give_back(**context):
        body("give back", context)

    taken, returned = take(), give_back()
    taken >> work() >> behind() >> returned
    taken >> returned
