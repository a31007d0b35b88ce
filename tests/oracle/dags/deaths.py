from datetime import timedelta

from airflow.sdk import DAG, task


def tell(kind):
    def call(context):
        print(kind, context["ti"].task_id, context["ti"].try_number, "exception" in context)

    return call


calls = {f"on_{kind}_callback": tell(kind) for kind in ("failure", "retry")}

with DAG("deaths", default_args={"retry_delay": timedelta(minutes=5), "retries": 1, **calls}):

    @task
    def dies(): ...

    @task
    def exits(): ...

    @task
    def ends_without_a_word(): ...

    @task
    def loses_its_worker(): ...

    @task
    def is_killed_softly(): ...

    dies()
    exits()
    ends_without_a_word()
    loses_its_worker()
    is_killed_softly()
