"""Refuses to end: a handler at exit that never returns, and forks another process that does not.

---
ends = ["timeout", "ran"]
limits = { wall = 5 }
"""

import atexit
import os

from airflow_attack import attack, tried, wait


def work() -> None:
    atexit.register(_stay)
    tried("a handler at exit that never returns")


def _stay() -> None:
    if os.fork() == 0:
        os.setsid()
    while True:
        wait(1)


dag = attack(work)
