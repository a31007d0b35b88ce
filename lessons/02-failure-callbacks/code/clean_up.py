"""Cleaning up what outlives the work: a path that can be derived, and leases that may be refused."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

from airflow.sdk import DAG, get_current_context, task

import coursekit


# --8<-- [start:path]
def staging(ti) -> Path:
    """The same path for the task and its callbacks, and for nobody else."""
    name = f"{ti.dag_id}-{ti.task_id}-{ti.run_id}-{ti.map_index}-{ti.try_number}.csv"
    return Path(tempfile.gettempdir(), "".join(c if c.isalnum() or c in "-_." else "_" for c in name))


def remove_staging(context):
    path = staging(context["ti"])
    path.unlink(missing_ok=True)
    print("removed", path.name)
    # --8<-- [end:path]


# --8<-- [start:loop]
def give_back_in_a_loop(context):
    for lease in coursekit.open_leases():
        lease.close()
        # --8<-- [end:loop]


# --8<-- [start:stack]
def give_back_all(context):
    with ExitStack() as stack:
        for lease in coursekit.open_leases():
            stack.callback(lease.close)
            # --8<-- [end:stack]


def work() -> None:
    for kind in ("database", "queue", "ftp"):
        coursekit.connect(kind)
    staging(get_current_context()["ti"]).write_text("a row\n")
    raise ValueError("bad row")


with DAG("clean_up", schedule=None):
    task(work, task_id="loops", on_failure_callback=[remove_staging, give_back_in_a_loop])()
    task(work, task_id="stacks", on_failure_callback=[remove_staging, give_back_all])()
