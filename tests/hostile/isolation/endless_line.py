"""Writes one line that never ends, on every channel."""

import os

from airflow_attack import attack, tried


def work() -> None:
    tried("a line of 40 MiB")
    for number in (1, 2, 3):
        for _ in range(200):
            os.write(number, b"z" * 65536)


dag = attack(work)
