"""Computes in several processes, longer altogether than it may, each of them deaf.

---
ends = ["timeout"]
limits = { wall = 15, cpu = 2 }
"""

import os
import signal

from airflow_attack import attack, tried


def work() -> None:
    for number in (signal.SIGXCPU, signal.SIGTERM, signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF):
        signal.signal(number, signal.SIG_IGN)
    tried("to compute for longer than two seconds")
    for _ in range(3):
        if os.fork() == 0:
            break
    while True:
        pass


dag = attack(work)
