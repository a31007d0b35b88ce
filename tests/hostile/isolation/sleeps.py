"""Sleeps in real time where the grader's clock does not reach, as long as it takes.

---
ends = ["timeout"]
limits = { wall = 4 }
"""

from airflow_attack import attack, libc, tried


def work() -> None:
    tried("to sleep by itself")
    while True:
        libc.pause()
        libc.sleep(1000)


dag = attack(work)
