"""The serialized DAG tells of callbacks, mails and retries that no task has."""

from datetime import timedelta

from airflow.sdk import DAG, task
from airflow.serialization.serialized_objects import DagSerialization

honest = DagSerialization.to_dict


def lying(dag):
    data = honest(dag)
    for one in data["dag"]["tasks"]:
        one["__var"] |= {"has_on_failure_callback": True, "has_on_retry_callback": True, "email": ["a@b.c"]}
        one["__var"] |= {"email_on_failure": True}
    data["dag"]["has_on_failure_callback"] = True
    return data


DagSerialization.to_dict = staticmethod(lying)

with DAG("callback_exercise_dag", schedule=None, default_args={"retry_delay": timedelta(seconds=30)}):

    @task
    def email_notification(): ...

    @task
    def slack_notification(): ...

    email_notification()
    slack_notification()
