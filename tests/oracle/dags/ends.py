from datetime import timedelta

from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException


def tell(kind):
    def call(context):
        print(kind, context["ti"].task_id, context["ti"].try_number, type(context.get("exception")).__name__)

    return call


KINDS = ("execute", "success", "failure", "retry", "skipped")
calls = {f"on_{kind}_callback": tell(kind) for kind in KINDS}
dag_calls = {f"on_{kind}_callback": tell(f"dag {kind}") for kind in ("success", "failure")}

with DAG("ends", default_args={"retry_delay": timedelta(hours=1), **calls}, **dag_calls):

    @task
    def succeeds(): ...

    @task(retries=1)
    def succeeds_later(ti=None):
        if ti.try_number == 1:
            raise OSError("not yet")

    @task(retries=2)
    def fails():
        raise OSError("always")

    @task(retries=2)
    def gives_up():
        raise AirflowFailException("no use")

    @task
    def skips():
        raise AirflowSkipException("nothing to do")

    @task
    def below(): ...

    @task(trigger_rule="one_failed")
    def as_soon_as_one_failed(): ...

    @task(trigger_rule="all_done")
    def whatever(): ...

    failed = fails()
    skips() >> below()
    failed >> below()
    [failed, gives_up()] >> as_soon_as_one_failed()
    [succeeds(), succeeds_later(), failed] >> whatever()
