import os
import signal

from airflow.sdk import DAG, task
from probe import DAG_CALLBACKS, TASK_CALLBACKS, delta

with DAG("deaths", default_args=TASK_CALLBACKS | {"retry_delay": delta(300, 1)}, **DAG_CALLBACKS):

    @task
    def killed():
        os.kill(os.getpid(), signal.SIGKILL)

    @task(retries=1)
    def killed_twice():
        os.kill(os.getpid(), signal.SIGKILL)

    @task
    def leaves():
        os._exit(7)

    @task(retries=1)
    def leaves_once(ti=None):
        if ti.try_number == 1:
            os._exit(7)

    @task(retries=1)
    def leaves_with_zero():
        os._exit(0)

    @task(trigger_rule="all_done")
    def last():
        raise OSError("so that one of them failed last")

    [killed(), killed_twice(), leaves(), leaves_once(), leaves_with_zero()] >> last()
