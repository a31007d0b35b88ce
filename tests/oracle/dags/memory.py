from datetime import timedelta

from airflow.sdk import DAG, ExceptionRetryPolicy, RetryAction, RetryRule, task

policy = ExceptionRetryPolicy(
    rules=[
        RetryRule(exception=KeyError, action=RetryAction.FAIL, reason="a mistake stays one"),
        RetryRule(exception=OSError, action=RetryAction.RETRY, retry_delay=timedelta(hours=1)),
    ]
)

with DAG("memory"):

    @task(retries=5, retry_policy=policy)
    def work(**context):
        ti, store = context["ti"], context["task_state_store"]
        seen = store.get("page", default=0)
        print("seen", seen, ti.xcom_pull(task_ids="work", key="page"))
        store.set("page", seen + 1)
        ti.xcom_push("page", seen + 1)
        raise OSError("again") if seen < 2 else KeyError("for good")

    @task(trigger_rule="all_done")
    def reads(ti=None):
        print("read", ti.xcom_pull(task_ids="work", key="page"))

    work() >> reads()
