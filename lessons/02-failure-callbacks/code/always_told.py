"""What tells and cleans up although nobody calls the callback: tasks of their own."""

from __future__ import annotations

from airflow.sdk import DAG, setup, task, teardown


def tell(context):
    print("on_failure_callback of", context["ti"].task_id)


# --8<-- [start:dag]
with DAG("always_told", schedule=None):

    @setup
    def take_staging() -> None:
        print("staging made")

    @task(on_failure_callback=tell)
    def export_ledger() -> None: ...

    @teardown
    def remove_staging() -> None:
        print("staging removed")

    @task(trigger_rule="one_failed", retries=2)
    def tell_on_call(ti=None) -> None:
        states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id])[ti.run_id]
        failed = sorted(name for name, state in states.items() if state == "failed")
        print("failed:", ", ".join(failed))

    work = export_ledger()
    take_staging() >> work >> remove_staging()
    work >> tell_on_call()
# --8<-- [end:dag]
