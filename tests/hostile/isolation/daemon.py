"""Leaves a process that outlives the task, in a session of its own and deaf to every signal."""

import os
import signal

from airflow_attack import attack, tried, wait


def work() -> None:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
                signal.signal(number, signal.SIG_IGN)
            for number in range(256):
                try:
                    os.close(number)
                except OSError:
                    continue
            while True:
                wait(0.1)
        os._exit(0)
    tried("to leave a process behind")


dag = attack(work)
