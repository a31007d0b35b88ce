"""Kills its parent, the first process, everybody, and the grader's processes by number.

---
quick = true
"""

import os
import signal

from airflow_attack import attack, broken, others, targets, tried


def work() -> None:
    for pid in others():
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            try:
                os.kill(pid, number)
            except OSError as error:
                tried(f"signal {number} to {pid}: {error.strerror}")
            else:
                # To the first process of a namespace of its own, signals that it does not handle are lost.
                if pid not in (1, os.getppid()):
                    broken(f"signal {number} to {pid} was taken")
    for group in (targets["driver"], targets["host"], targets["parent"]):
        try:
            os.killpg(group, signal.SIGKILL)
        except OSError as error:
            tried(f"group {group}: {error.strerror}")
        else:
            broken(f"a signal to group {group} was taken")
    try:
        os.kill(-1, signal.SIGKILL)
        tried("everybody: taken")
    except OSError as error:
        tried(f"everybody: {error.strerror}")


dag = attack(work)
