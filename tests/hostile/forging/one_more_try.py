"""Its last try has failed, and it asks for another one, so as never to have failed."""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, task
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import RetryTask


def again(context):
    ti = context["ti"]
    print("TRIED", ti.try_number)
    task_runner.SUPERVISOR_COMMS.send(RetryTask(end_date=datetime.now(UTC)))
    raise SystemExit


with DAG("callback_exercise_dag", schedule=None, default_args={"retry_delay": timedelta(seconds=30)}):

    @task(pre_execute=again)
    def email_notification(): ...

    @task(pre_execute=again)
    def slack_notification(): ...

    email_notification()
    slack_notification()
