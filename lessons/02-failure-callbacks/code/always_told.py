"""What tells and cleans up although nobody calls the callback: tasks of their own."""

from __future__ import annotations

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, setup, task, teardown


def tell(context):
    print("callback: failed:", context["ti"].task_id)


# --8<-- [start:tasks]
@setup
def make_staging() -> None:
    print("staging made")


@task(on_failure_callback=tell)
def export_ledger() -> None: ...


@teardown
def remove_staging() -> None:
    print("staging removed")


@task(trigger_rule="one_failed", retries=2)
def tell_on_call(ti=None) -> None:
    states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id])[ti.run_id]
    print("task: failed:", *[name for name, state in states.items() if state == "failed"])


# --8<-- [end:tasks]

# --8<-- [start:dag]
with DAG("always_told", schedule=None):
    export = export_ledger()
    make_staging() >> export >> remove_staging()
    export >> tell_on_call()
    export >> EmptyOperator(task_id="done")
# --8<-- [end:dag]
