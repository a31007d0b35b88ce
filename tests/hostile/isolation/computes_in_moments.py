"""Computes in processes that live for a moment only and are buried by nobody: whoever looks now and then misses most.

---
ends = ["timeout"]
says = "computed"
limits = { wall = 15, cpu = 2 }
"""

import os
import signal
import time
from contextlib import suppress

from airflow_attack import attack, broken, tried

MOMENT = 0.03
MOST = 6


def work() -> None:
    tried("to compute in moments")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    number = 0
    while number * MOMENT < MOST:
        if os.fork() == 0:
            while time.process_time() < MOMENT:
                pass
            os._exit(0)
        number += 1
        with suppress(ChildProcessError):
            os.wait()
    broken(f"{number * MOMENT} seconds")


dag = attack(work)
