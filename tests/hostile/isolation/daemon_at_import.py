"""Leaves a process behind while the DAG file is imported, as another program with nothing in its environment."""

import os
import subprocess

from airflow_attack import attack, tried


def work() -> None:
    tried("a process that was started at import")


subprocess.Popen(
    ["/bin/sleep", "1000"],
    env={},
    start_new_session=True,
    stdin=subprocess.DEVNULL,
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
    cwd="/",
)
if os.fork() == 0:
    os.setsid()
    while True:
        os.read(os.pipe()[0], 1)
dag = attack(work)
