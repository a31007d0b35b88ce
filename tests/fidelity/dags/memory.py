from airflow.sdk import DAG, Variable, task
from probe import DAG_CALLBACKS, TASK_CALLBACKS, body, delta, write


def remembers(context):
    store = context["task_state_store"]
    store.set("from_callback", "kept")
    write("remembers", context, seen=store.get("row"), variable=Variable.get("not_there", default="none"))


with DAG("memory", default_args=TASK_CALLBACKS | {"retry_delay": delta(300, 1)}, **DAG_CALLBACKS):

    @task(retries=1, on_retry_callback=remembers)
    def checkpoints(task_state_store=None, **context):
        ti = context["ti"]
        body(
            "checkpoints",
            context,
            xcom=ti.xcom_pull(task_ids="checkpoints", key="row"),
            store=task_state_store.get("row"),
            told=task_state_store.get("from_callback"),
        )
        ti.xcom_push("row", 7)
        task_state_store.set("row", 7)
        if ti.try_number == 1:
            raise OSError("half way")

    @task
    def database(**context):
        from airflow.settings import Session
        from sqlalchemy import text

        body("tries the database", context)
        Session().execute(text("SELECT 1"))
        body("has the database", context)

    @task(trigger_rule="all_done")
    def pulls(**context):
        ti = context["ti"]
        body(
            "pulls",
            context,
            one=ti.xcom_pull(task_ids="checkpoints", key="row"),
            default=ti.xcom_pull(task_ids="checkpoints", key="nothing", default="DEF"),
            default_of_index=ti.xcom_pull(
                task_ids="checkpoints", key="nothing", default="DEF", map_indexes=-1
            ),
            several=list(ti.xcom_pull(task_ids=["checkpoints", "database"], key="row")),
        )

    [checkpoints(), database()] >> pulls()
