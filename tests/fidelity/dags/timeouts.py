import time

from airflow.sdk import DAG, BaseOperator, task
from probe import DAG_CALLBACKS, TASK_CALLBACKS, body, delta, seconds, write


class Long(BaseOperator):
    def execute(self, context):
        self.known = context
        try:
            time.sleep(seconds(7200, 30))
        except Exception:
            body("caught an Exception", context)

    def on_kill(self):
        write("work on_kill", self.known)


with DAG("timeouts", default_args=TASK_CALLBACKS | {"retry_delay": delta(600, 1)}, **DAG_CALLBACKS):
    limit = delta(1800, 2)
    limited = Long(task_id="limited", execution_timeout=limit, retries=1)

    @task.sensor(poke_interval=seconds(600, 1), timeout=seconds(1800, 3), retries=3)
    def pokes():
        return False

    @task.sensor(poke_interval=seconds(600, 1), timeout=seconds(1800, 3), soft_fail=True)
    def gives_up():
        return False

    @task.sensor(poke_interval=seconds(2000, 12), timeout=seconds(1800, 8), mode="reschedule", retries=2)
    def comes_back():
        return False

    @task.sensor(poke_interval=seconds(600, 12), timeout=seconds(36000, 120), mode="reschedule")
    def third_time(**context):
        body("poke", context)
        return (context["task_reschedule_count"]) >= 2

    @task(trigger_rule="all_done")
    def last():
        raise OSError("last")

    [limited, pokes(), gives_up(), comes_back(), third_time()] >> last()
