"""Small DAGs that the tests run."""

ONE_TASK = """
    from airflow.sdk import DAG, task

    def note(kind):
        def call(context):
            print("note", kind, context["ti"].try_number, "exception" in context)
        call.__name__ = kind
        return call

    def breaks(context):
        raise ValueError("the callback broke")

    with DAG("one"):
        @task(
            retries=1,
            retry_delay=300,
            on_execute_callback=note("execute"),
            on_success_callback=note("success"),
            on_retry_callback=note("retry"),
            on_failure_callback=[note("first"), breaks, note("last")],
            on_skipped_callback=note("skipped"),
        )
        def work():
            return "own work"

        work()
"""
