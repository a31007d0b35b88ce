"""Where a callback runs, and what it knows there."""

from __future__ import annotations

from airflow.sdk import DAG, task

# --8<-- [start:callback]
READ = []


def what_i_know(context):
    ti = context["ti"]
    print("READ holds", READ)
    print("exception:", repr(context.get("exception", "no such key")))
    for key in ("run_id", "logical_date", "ds", "execution_date", "reason"):
        print(f"context[{key!r}]:", "there" if key in context else "no such key")
    for name in ("try_number", "log_url", "start_date", "duration"):
        print(f"ti.{name}:", "there" if hasattr(ti, name) else "no such attribute")
    # --8<-- [end:callback]


def all_keys(context):
    print(*sorted(context))


# --8<-- [start:dag]
with DAG("what_it_knows", schedule=None):

    @task(on_failure_callback=[what_i_know, all_keys])
    def read_orders() -> None:
        rows = ["order 1", "order 2"]
        READ.extend(rows)
        raise ConnectionError("the shop closed the connection")

    read_orders()
# --8<-- [end:dag]
