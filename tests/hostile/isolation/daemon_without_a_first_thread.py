"""Leaves a process that outlives the task, and whose first thread has ended: it looks as if it had ended itself.

---
quick = true
"""

import os
import signal

from airflow_attack import attack, tried, wait, without_a_first_thread


def stay() -> None:
    while True:
        wait(0.1)


def work() -> None:
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    if os.fork() == 0:
        os.setsid()
        without_a_first_thread(stay)
        os._exit(0)
    tried("to leave a process behind that looks as if it had ended")


dag = attack(work)
