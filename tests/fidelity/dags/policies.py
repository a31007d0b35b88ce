from datetime import timedelta

from airflow.sdk import (
    DAG,
    ExceptionRetryPolicy,
    RetryAction,
    RetryDecision,
    RetryPolicy,
    RetryRule,
    task,
)
from probe import DAG_CALLBACKS, TASK_CALLBACKS, body, delta

RULES = ExceptionRetryPolicy(
    rules=[
        RetryRule(exception=PermissionError, action=RetryAction.FAIL, reason="no use"),
        RetryRule(exception=ConnectionError, action=RetryAction.RETRY, retry_delay=delta(60, 1)),
    ]
)


class Always(RetryPolicy):
    def evaluate(self, exception, try_number, max_tries, context=None):
        return RetryDecision.retry(delay=delta(60, 1))


class Broken(RetryPolicy):
    def evaluate(self, exception, try_number, max_tries, context=None):
        raise ValueError("the policy broke")


with DAG(
    "policies",
    default_args=TASK_CALLBACKS | {"retries": 2, "retry_delay": timedelta(minutes=30)},
    **DAG_CALLBACKS,
):

    @task(retry_policy=RULES)
    def denied():
        raise PermissionError("denied")

    @task(retry_policy=RULES)
    def reset(**context):
        body("reset", context)
        raise ConnectionResetError("reset")

    @task(retry_policy=Always())
    def always():
        raise OSError("always")

    @task(retry_policy=Broken(), retry_delay=delta(60, 1), retries=1)
    def broken():
        raise OSError("broken")

    @task(trigger_rule="all_done", retries=0)
    def last():
        raise OSError("last")

    [denied(), reset(), always(), broken()] >> last()
