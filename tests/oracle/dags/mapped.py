import time
from datetime import timedelta

from airflow.sdk import DAG, task

with DAG("mapped", max_active_tasks=4):

    @task
    def numbers():
        return list(range(9))

    @task(retries=1, retry_delay=timedelta(minutes=5), on_failure_callback=lambda c: print(c["ti"].map_index))
    def each(number, ti=None):
        time.sleep(3600)
        if number == 3 or (number == 5 and ti.try_number == 1):
            raise OSError(str(number))
        return number

    @task(max_active_tis_per_dagrun=1)
    def one_by_one(number):
        time.sleep(60)

    @task(trigger_rule="all_done")
    def total(found):
        print(sorted(found))

    found = numbers()
    total(each.expand(number=found))
    one_by_one.expand(number=[1, 2, 3])
