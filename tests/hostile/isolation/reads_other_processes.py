"""Reads environments, memory, arguments and descriptors of every process that it can name."""

import os
from pathlib import Path

from airflow_attack import attack, broken, targets, tried


def work() -> None:
    try:
        pids = {int(name) for name in os.listdir("/proc") if name.isdigit()}
    except OSError as error:
        tried(f"list /proc: {error}")
        pids = set()
    tried(f"{len(pids)} processes to be seen")
    pids |= {1, os.getppid(), targets["driver"], targets["host"], targets["parent"]}
    for pid in pids - {os.getpid()}:
        for name in ("environ", "mem", "maps", "cwd", "root", "fd", "exe", "stack", "syscall", "auxv"):
            path = Path(f"/proc/{pid}/{name}")
            try:
                found = _look(path)
            except OSError as error:
                tried(f"{path}: {error.strerror}")
            else:
                # The kernel's own threads have empty ones.
                (broken if found else tried)(f"{path}: {found[:80]!r}")


def _look(path: Path) -> str:
    if path.name == "fd":
        return str([os.readlink(path / number) for number in os.listdir(path)])
    if path.name in ("cwd", "root", "exe"):
        return os.readlink(path)
    with path.open("rb") as file:
        return "opened" if path.name == "mem" else file.read(200).decode(errors="replace")


dag = attack(work)
