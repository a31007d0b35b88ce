from airflow.sdk import DAG, task


def why(context):
    print(context["reason"])


with DAG("deadlock", on_failure_callback=why, on_success_callback=why):

    @task(wait_for_downstream=True)
    def first(): ...

    @task(trigger_rule="all_failed")
    def if_it_failed(): ...

    @task(trigger_rule="all_done_min_one_success")
    def last(): ...

    first() >> if_it_failed() >> last()
