from datetime import timedelta

from airflow.providers.standard.sensors.date_time import DateTimeSensorAsync
from airflow.sdk import DAG, BaseOperator
from patient import Patient


def tells(context):
    print(context["ti"].task_id, context.get("exception"))


class Waits(BaseOperator):
    def __init__(self, trigger, timeout=None, **kwargs):
        super().__init__(**kwargs)
        self.trigger, self.timeout = trigger, timeout

    def execute(self, context):
        self.defer(trigger=self.trigger, method_name="go_on", timeout=self.timeout)

    def go_on(self, context, event):
        print(self.task_id, event)


with DAG("deferred", default_args={"on_failure_callback": tells, "on_retry_callback": tells}):
    Waits(task_id="asked", trigger=Patient(30)) >> Waits(task_id="asked_again", trigger=Patient(20))
    Waits(task_id="raises", trigger=Patient(10, "raises"))
    Waits(task_id="silent", trigger=Patient(15, "is silent"))
    Waits(task_id="given_up", trigger=Patient(10**6), timeout=timedelta(minutes=40))
    Waits(task_id="failed_there", trigger=Patient(12, "fails"), retries=1, retry_delay=timedelta(minutes=7))
    DateTimeSensorAsync(
        task_id="never_on_a_worker",
        target_time="{{ dag_run.run_after + macros.timedelta(minutes=50) }}",
        start_from_trigger=True,
        end_from_trigger=True,
    )
    Waits(task_id="for_ever", trigger=Patient(10**6))
