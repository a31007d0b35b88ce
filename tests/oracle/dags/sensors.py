from datetime import timedelta

from airflow.sdk import DAG, task

half_an_hour = {"poke_interval": 600, "timeout": 1800}

with DAG("sensors"):

    @task.sensor(**half_an_hour, retries=2)
    def pokes():
        print("poke")
        return False

    @task.sensor(**half_an_hour, mode="reschedule", soft_fail=True)
    def comes_back():
        return False

    @task.sensor(poke_interval=600, timeout=7200, mode="reschedule")
    def succeeds(ti=None):
        return ti.get_task_states(task_ids=["pokes"], dag_id=ti.dag_id, run_ids=[ti.run_id]) != {
            ti.run_id: {"pokes": "running"}
        }

    @task.sensor(poke_interval=60, timeout=3600, exponential_backoff=True, max_wait=timedelta(minutes=10))
    def backs_off(ti=None):
        return False

    @task
    def below(): ...

    [succeeds(), comes_back()] >> below()
    pokes()
    backs_off()
