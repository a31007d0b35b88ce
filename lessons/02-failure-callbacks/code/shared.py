"""What callbacks of one list share: the context, time, and what a notifier has rendered."""

from __future__ import annotations

from airflow.sdk import DAG, task


# --8<-- [start:callbacks]
def tidy(context):
    context["exception"] = str(context.pop("exception"))[:20]


def tell(context):
    error = context.get("exception")
    print("retry later" if isinstance(error, ConnectionError) else "give up")
    # --8<-- [end:callbacks]


with DAG("shared", schedule=None):

    @task(on_failure_callback=[tidy, tell])
    def tidied_first() -> None:
        raise ConnectionError("the shop closed the connection")

    @task(on_failure_callback=[tell, tidy])
    def told_first() -> None:
        raise ConnectionError("the shop closed the connection")

    tidied_first()
    told_first()
