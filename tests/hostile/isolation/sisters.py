"""Starts processes that are its sisters, not its children: whoever looks below it finds none of them.

---
ends = ["error", "ran"]
limits = { wall = 6 }
"""

import os

from airflow_attack import CLONE_PARENT, attack, broken, call, tried, wait

MANY = 100


def work() -> None:
    started = 0
    for _ in range(MANY):
        pid = call("clone", CLONE_PARENT, 0, 0, 0, 0)
        if pid == 0:
            wait(20)
            os._exit(0)
        started += pid > 0
    tried(f"{started} sisters")
    wait(3)
    if started:
        broken(f"{started} sisters for three seconds")


dag = attack(work)
