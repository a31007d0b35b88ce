"""Leaves files in folders that can be entered and not listed, so that whoever cleans up cannot."""

import os

from airflow_attack import attack, tried


def work() -> None:
    os.umask(0)
    for number in range(20):
        os.mkdir(f"dark-{number}", 0o300)
        os.mkdir(f"dark-{number}/darker", 0o300)
        for name in (f"dark-{number}/file", f"dark-{number}/darker/file"):
            with open(name, "w") as file:
                file.write("x" * 1000)
    tried("folders that nobody lists")


dag = attack(work)
