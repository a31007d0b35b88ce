import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, task

with DAG("sleeps"):
    BashOperator(task_id="shell", bash_command="echo begins; sleep 2h; echo ends")
    BashOperator(
        task_id="shell_with_a_limit",
        bash_command="sleep 2h",
        execution_timeout=timedelta(minutes=30),
        retries=1,
    )

    @task
    def threads():
        with ThreadPoolExecutor(2) as executor:
            print(list(executor.map(lambda minutes: time.sleep(60 * minutes) or minutes, (30, 60))))

    @task
    def waits_in_vain():
        print(threading.Event().wait(3600), threading.Lock().acquire(timeout=10))
        try:
            subprocess.run(["sleep", "3h"], timeout=1800, check=True)
        except subprocess.TimeoutExpired as error:
            print(error)

    [threads(), waits_in_vain()]
