"""Forks without end, each process in a session of its own, which ends its parent and goes on in its child.

---
ends = ["error", "timeout", "ran"]
limits = { wall = 6 }
"""

import os

from airflow_attack import attack, tried, wait


def work() -> None:
    tried("to run from whoever counts")
    for _ in range(8):
        if _forked() == 0:
            while True:
                # Whoever looks at the list of processes sees each of them once, and then it is another.
                if _forked() != 0:
                    os._exit(0)
                try:
                    os.setsid()
                except OSError:
                    continue
    wait(30)


def _forked() -> int:
    while True:
        try:
            return os.fork()
        except (OSError, MemoryError):
            wait(0.001)


dag = attack(work)
