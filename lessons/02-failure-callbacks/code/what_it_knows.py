"""Where a callback runs, and what it knows there."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, task

# --8<-- [start:callback]
READ = []


def what_i_know(context):
    ti = context["ti"]
    print("rows in the module's list:", READ)
    print("exception:", repr(context.get("exception", "no such key")))
    print("state:", ti.state)
    for key in ("run_id", "logical_date", "ds", "execution_date", "reason"):
        print(f"context[{key!r}]:", "there" if key in context else "no such key")
    for name in ("try_number", "start_date", "log_url", "duration"):
        print(f"ti.{name}:", "there" if hasattr(ti, name) else "no such attribute")
    # --8<-- [end:callback]
    print("keys:", len(context), " ".join(sorted(context)))


# --8<-- [start:dag]
with DAG("what_it_knows", schedule=None):

    @task(retries=0, retry_delay=timedelta(seconds=30), on_failure_callback=what_i_know)
    def read_orders() -> None:
        rows = 3
        READ.append(rows)
        raise ConnectionError("the shop closed the connection")

    read_orders()
# --8<-- [end:dag]
