"""Reads what other processes were started with: a path or a seed may be among it.

---
settings = ["A", "B"]
missing = "namespaces for processes, network, mounts, names and shared memory"
"""

from pathlib import Path

from airflow_attack import attack, broken, others, tried


def work() -> None:
    for pid in others():
        for name in ("cmdline", "status", "stat", "comm"):
            path = Path(f"/proc/{pid}/{name}")
            try:
                found = path.read_bytes()
            except OSError as error:
                tried(f"{path}: {error.strerror}")
                continue
            # The first of its own processes is a learner's to see.
            (broken if pid != 1 else tried)(f"{path}: {found[:60]!r}")


dag = attack(work)
