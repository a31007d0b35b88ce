"""Cleaning up what outlives the work: a path that can be derived, and leases that may be refused."""

from __future__ import annotations

import re
import tempfile
from contextlib import ExitStack
from pathlib import Path

from airflow.sdk import DAG, get_current_context, task

import coursekit


# --8<-- [start:path]
def staging(ti):
    name = f"{ti.dag_id} {ti.task_id} {ti.run_id} {ti.map_index} {ti.try_number}.csv"
    return Path(tempfile.gettempdir(), re.sub(r"[^\w.-]", "_", name))


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


# --8<-- [start:work]
def work():
    for kind in ("database", "queue", "ftp"):
        coursekit.connect(kind)
    staging(get_current_context()["ti"]).write_text("a row\n")
    raise ValueError("bad row")
    # --8<-- [end:work]


with DAG("clean_up", schedule=None):
    task(work, task_id="with_a_loop", on_failure_callback=[remove_staging, give_back_in_a_loop])()
    task(work, task_id="with_a_stack", on_failure_callback=[remove_staging, give_back_all])()
