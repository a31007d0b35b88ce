from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import DAG, BaseOperator, task
from probe import DAG_CALLBACKS, TASK_CALLBACKS, Breaks, body, delta


class Waits(BaseOperator):
    def __init__(self, trigger, timeout=None, **settings):
        super().__init__(**settings)
        self.trigger, self.timeout = trigger, timeout

    def execute(self, context):
        body("defers", context)
        self.defer(trigger=self.trigger, method_name="resume", timeout=self.timeout)

    def resume(self, context, event=None):
        body("resumes", context, event=type(event).__name__)


with DAG("deferred", default_args=TASK_CALLBACKS | {"retry_delay": delta(300, 1)}, **DAG_CALLBACKS):
    waits = Waits(task_id="waits", trigger=TimeDeltaTrigger(delta(7200, 20)))
    too_long = Waits(
        task_id="too_long", trigger=TimeDeltaTrigger(delta(36000, 600)), timeout=delta(3600, 5), retries=1
    )
    breaks = Waits(task_id="breaks", trigger=Breaks(), retries=1)

    @task(trigger_rule="all_done")
    def last():
        raise OSError("last")

    [waits, too_long, breaks] >> last()
