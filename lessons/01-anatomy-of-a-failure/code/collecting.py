"""Four counts are read; the task finishes what it can, and then says which could not be read and why."""

from __future__ import annotations

from airflow.sdk import DAG, task


# --8<-- [start:read]
def read(store):
    written = {"berlin": "12", "lisbon": "8", "oslo": "1 2", "turin": ""}[store]
    try:
        return int(written)
    except ValueError as error:
        raise RuntimeError(f"{store}: the count is no number") from error


# --8<-- [end:read]
# --8<-- [start:callback]
def tell(context):
    error = context["exception"]
    print("str(exception):", error)
    for each in getattr(error, "exceptions", [error]):
        print(f"inside: {each}, caused by {each.__cause__!r}")


# --8<-- [end:callback]
with DAG("collecting", schedule=None):
    # --8<-- [start:task]
    @task(on_failure_callback=tell)
    def load_counts():
        counts, problems = {}, []
        for store in ("berlin", "lisbon", "oslo", "turin"):
            try:
                counts[store] = read(store)
            except RuntimeError as error:
                problems.append(error)
        print("read:", counts)
        if problems:
            raise ExceptionGroup(f"{len(problems)} stores could not be read", problems)
        return counts

    # --8<-- [end:task]
    load_counts()
