"""``python -m tests.control.dag_test TEMPLATE DATABASE FOLDER DATE``: ``dag.test()`` of the DAG in each folder in it.

As JSON on stdout. Each has a database of its own, as each of our runs has.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.airflow33 import database
from autograder.airflow33.environ import BUNDLE, bundle_setting
from tests.control.examples import calls_in

_sleep = time.sleep


def main(template: Path, path: Path, folder: Path, logical_date: datetime) -> None:
    os.environ["RETRY_AT_ONCE"] = "1"
    time.sleep = lambda seconds: _sleep(min(seconds, 0.02))
    database.use(path)
    results = {}
    for example in folder.iterdir():
        database.replace(path, template)
        results[example.name] = _result(example, logical_date)
    json.dump(results, sys.stdout)


def _result(folder: Path, logical_date: datetime) -> dict[str, Any]:
    os.environ["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"] = bundle_setting(folder)
    from airflow.dag_processing.dagbag import BundleDagBag

    bag = BundleDagBag(dag_folder=folder, bundle_path=folder, bundle_name=BUNDLE)
    if bag.import_errors:
        return {"error": bag.import_errors}
    (dag,) = bag.dags.values()
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        run = dag.test(logical_date=logical_date)
    return {
        "state": str(run.state),
        "tasks": [
            [ti.task_id, ti.map_index, str(ti.state) if ti.state else None, ti.try_number]
            for ti in run.get_task_instances()
        ],
        "calls": calls_in(said.getvalue().splitlines()),
    }


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]), datetime.fromisoformat(sys.argv[4]))
