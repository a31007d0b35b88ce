"""Puts links in the place of its own folders, so that the next try, and the grader, work in somebody else's.

---
state = ["success"]
"""

import os
import shutil
from pathlib import Path

from airflow.sdk import DAG, get_current_context, task
from airflow_attack import broken, targets, tried

with DAG("hostile") as dag:

    @task(retries=2, retry_delay=1)
    def work() -> None:
        number = get_current_context()["ti"].try_number
        for folder in (Path.cwd(), Path(os.environ["TMPDIR"])):
            if "outside" in str(folder.resolve()) or any(path.name == "dag.py" for path in folder.iterdir()):
                broken(f"{folder} leads to {folder.resolve()}")
            target = targets["writable"] if number == 1 else os.path.dirname(targets["files"][0])
            try:
                shutil.rmtree(folder)
            except OSError as error:
                tried(f"remove {folder}: {error}")
            try:
                os.symlink(target, folder)
                tried(f"a link in the place of {folder}")
            except OSError as error:
                tried(f"a link in the place of {folder}: {error}")
        if number < 3:
            raise OSError("once more")

    work()
