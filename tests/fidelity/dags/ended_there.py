from airflow.sdk import DAG, BaseOperator
from probe import DAG_CALLBACKS, TASK_CALLBACKS, Lingers, body, delta


class Waits(BaseOperator):
    def __init__(self, trigger, **settings):
        super().__init__(**settings)
        self.trigger = trigger

    def execute(self, context):
        body("defers", context)
        self.defer(trigger=self.trigger, method_name="resume")

    def resume(self, context, event=None):
        body("resumes", context, event=type(event).__name__)


with DAG("ended_there", default_args=TASK_CALLBACKS | {"retry_delay": delta(300, 1)}, **DAG_CALLBACKS):
    Waits(task_id="resumes", trigger=Lingers("resumes"))
    Waits(task_id="succeeds", trigger=Lingers("succeeds"))
    Waits(task_id="fails", trigger=Lingers("fails"), retries=1)
