import time
from datetime import timedelta

from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator
from airflow.sdk import DAG, BaseOperator, task


def tells(context):
    print("called", context["ti"].task_id)


class Slow(BaseOperator):
    def execute(self, context):
        time.sleep(3 * 3600)

    def on_kill(self):
        print("asked to stop", self.task_id)


with DAG("people", default_args={"on_failure_callback": tells, "on_success_callback": tells}):
    slow = Slow(task_id="slow", retries=2, retry_delay=timedelta(minutes=5))
    other = Slow(task_id="other")
    which = HITLOperator(task_id="which", subject="Which?", options=["left", "right"])
    nobody = HITLOperator(
        task_id="nobody",
        subject="Anybody?",
        options=["yes", "no"],
        defaults=["no"],
        execution_timeout=timedelta(hours=1),
    )
    late = HITLOperator(
        task_id="late", subject="Still there?", options=["yes"], execution_timeout=timedelta(minutes=30)
    )
    approve = ApprovalOperator(task_id="approve", subject="Go on?")

    @task(trigger_rule="all_done")
    def says(chosen):
        print(chosen)

    says(which.output)
    approve >> slow
