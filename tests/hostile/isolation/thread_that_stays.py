"""Leaves a thread that never ends and for which Python waits.

---
ends = ["timeout", "ran"]
limits = { wall = 5 }
"""

import threading

from airflow_attack import attack, tried, wait


def work() -> None:
    threading.Thread(target=_stay).start()
    tried("a thread that stays")


def _stay() -> None:
    while True:
        wait(1)


dag = attack(work)
