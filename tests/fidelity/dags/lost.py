from airflow.sdk import DAG, task
from probe import DAG_CALLBACKS, TASK_CALLBACKS, delta, sleep

with DAG("lost", default_args=TASK_CALLBACKS | {"retry_delay": delta(300, 1)}, **DAG_CALLBACKS):

    @task
    def gone(): ...

    @task(retries=1)
    def gone_once(): ...

    @task
    def lives():
        sleep(7200, 40)

    @task(trigger_rule="all_done")
    def last():
        raise OSError("last")

    [gone(), gone_once(), lives()] >> last()
