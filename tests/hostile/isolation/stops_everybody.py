"""Stops its parent, the first process and the grader, so that nobody is left to end it; then itself.

---
ends = ["timeout", "ran"]
limits = { wall = 4 }
"""

import os
import signal

from airflow_attack import attack, broken, others, tried


def work() -> None:
    for pid in others():
        try:
            os.kill(pid, signal.SIGSTOP)
        except OSError as error:
            tried(f"stop {pid}: {error.strerror}")
        else:
            if pid not in (1, os.getppid()):
                broken(f"{pid} was stopped")
    os.kill(os.getpid(), signal.SIGSTOP)


dag = attack(work)
