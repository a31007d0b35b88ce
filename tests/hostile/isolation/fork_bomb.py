"""Forks without end.

---
ends = ["error", "timeout"]
limits = { wall = 6 }
"""

import os

from airflow_attack import attack, tried, wait


def work() -> None:
    tried("to fork without end")
    while True:
        try:
            os.fork()
        except (OSError, MemoryError):
            wait(0.001)


dag = attack(work)
