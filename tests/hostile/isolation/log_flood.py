"""Writes log without end.

---
ends = ["error", "ran"]
says = "log"
"""

import os

from airflow_attack import attack, tried


def work() -> None:
    tried("to write log without end")
    while True:
        os.write(1, b"y" * 65535 + b"\n")


dag = attack(work)
