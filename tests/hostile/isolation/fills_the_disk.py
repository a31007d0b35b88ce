"""Writes one file without end, and one that says it has a terabyte.

---
ends = ["error"]
says = "of files"
"""

import os

from airflow_attack import attack, broken, tried, wait


def work() -> None:
    try:
        with open("sparse", "wb") as file:
            file.truncate(1 << 40)
        broken("a file of a terabyte")
    except OSError as error:
        tried(f"a terabyte: {error}")
    try:
        with open("endless", "wb") as file:
            for _ in range(4096):
                file.write(b"x" * (1 << 20))
        broken("4 GiB written")
    except OSError as error:
        tried(f"endless: {error}, {os.path.getsize('endless') >> 20} MiB")
    wait(2)


dag = attack(work)
