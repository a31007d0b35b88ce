"""Locks every file that it can read, so that others wait for it, and takes a lease: who opens that file would wait."""

import fcntl
import os
import site
import sys
from pathlib import Path

from airflow_attack import attack, refused, tried, wait

import autograder


def lease(path: Path) -> None:
    fcntl.fcntl(os.open(path, os.O_RDONLY), fcntl.F_SETLEASE, fcntl.F_WRLCK)


def work() -> None:
    # Its owner is whoever grades, where no other user was to be had.
    refused("a lease", lease, Path(__file__).with_name("targets.json"))
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
