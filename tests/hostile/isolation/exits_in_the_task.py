"""Ends the task's process with exit code 0 in place of working: that is no success.

---
state = ["failed"]
exit_codes = [0]
"""

import os

from airflow_attack import attack, tried


def work() -> None:
    tried("to end with 0")
    os._exit(0)


dag = attack(work)
