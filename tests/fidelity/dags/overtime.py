from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowFailException
from probe import DAG_CALLBACKS, delta, sleep, tells, write


def slow(context):
    write("slow begins", context)
    sleep(60, 60)
    write("slow ends", context)


with DAG("overtime", default_args={"retry_delay": delta(300, 1)}, **DAG_CALLBACKS):

    @task(on_success_callback=[slow, tells("never")])
    def succeeds(): ...

    @task(on_failure_callback=[slow, tells("never")])
    def fails():
        raise OSError("fails")

    @task(retries=1, on_failure_callback=[slow, tells("never")], on_retry_callback=tells("retry"))
    def fails_fast():
        raise AirflowFailException("fails fast")

    @task(trigger_rule="all_done")
    def last():
        raise OSError("last")

    [succeeds(), fails(), fails_fast()] >> last()
