"""Takes memory in twenty processes, each within the limit.

---
ends = ["error"]
says = "memory"
"""

import os

from airflow_attack import attack, tried, wait


def work() -> None:
    tried("to take memory in twenty processes")
    for _ in range(20):
        if os.fork() == 0:
            held = bytearray(120 << 20)
            for place in range(0, len(held), 4096):
                held[place] = 1
            wait(20)
            os._exit(0)
    wait(20)


dag = attack(work)
