import asyncio
import threading
import time

from airflow.sdk import DAG, task

with DAG("side_by_side"):

    @task
    def sleeps():
        for _ in range(6):
            time.sleep(600)

    @task
    def waits():
        asyncio.run(asyncio.sleep(1800))

    @task
    def has_a_thread():
        thread = threading.Thread(target=time.sleep, args=(1.0,))
        thread.start()
        thread.join()

    @task(trigger_rule="all_done")
    def last():
        print("all are done")

    [sleeps(), waits(), has_a_thread()] >> last()
