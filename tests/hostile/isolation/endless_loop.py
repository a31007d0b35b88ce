"""Computes for ever, deaf to every signal.

---
ends = ["timeout"]
limits = { wall = 4 }
"""

import signal

from airflow_attack import attack, tried


def work() -> None:
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            continue
    tried("an endless loop")
    while True:
        pass


dag = attack(work)
