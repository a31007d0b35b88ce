from airflow.sdk import DAG, setup, task, task_group, teardown


def tells(context):
    print("skipped", context["ti"].task_id)


with DAG("branches", default_args={"on_skipped_callback": tells}):

    @task.branch
    def choose():
        return "group.left"

    @task_group
    def group():
        @task
        def left(): ...

        @task
        def right(): ...

        choose() >> [left(), right()]

    @task.short_circuit
    def stops():
        return False

    @task
    def never(): ...

    @setup
    def create(): ...

    @task
    def uses():
        raise OSError("in use")

    @teardown
    def remove(): ...

    @task(trigger_rule="none_failed_min_one_success")
    def joins(): ...

    made, used, removed = create(), uses(), remove()
    made >> used >> removed
    made >> removed
    group() >> joins()
    stops() >> never()
