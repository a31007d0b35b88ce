"""Computes in forty processes at once.

---
ends = ["timeout", "error"]
limits = { wall = 5 }
"""

import os

from airflow_attack import attack, tried


def work() -> None:
    tried("forty processes")
    for _ in range(40):
        try:
            if os.fork() == 0:
                while True:
                    pass
        except OSError as error:
            tried(f"to fork: {error}")
    while True:
        pass


dag = attack(work)
