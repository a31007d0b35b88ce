"""A list of callbacks, one of which raises; and a success callback that raises."""

from __future__ import annotations

from airflow.sdk import DAG, task


# --8<-- [start:callbacks]
def first(context):
    print("first: done")


def second(context):
    print("second: half of my work is done")
    when = context["execution_date"]
    print("second: the other half, for", when)


def third(context):
    print("third: done")


# --8<-- [end:callbacks]


# --8<-- [start:dag]
with DAG("one_raises", schedule=None):

    @task(on_failure_callback=[first, second, third])
    def load() -> None:
        raise ValueError("bad row")

    @task(on_success_callback=[second, third])
    def report() -> None: ...

    load()
    report()
# --8<-- [end:dag]
