"""Starts threads without end.

---
ends = ["error", "ran", "timeout"]
limits = { wall = 8 }
"""

import os
import threading

from airflow_attack import attack, broken, tried, wait


def work() -> None:
    tried("to start 5000 threads")
    started = 0
    try:
        while started < 5000:
            threading.Thread(target=wait, args=(60,), daemon=True).start()
            started += 1
    except RuntimeError as error:
        tried(f"after {started} threads: {error}")
    else:
        broken("5000 threads")
    wait(1)
    os._exit(3)


dag = attack(work)
