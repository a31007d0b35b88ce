"""Writes into memory that is shared with the process it was forked from: the next one would find it there."""

from pathlib import Path

from airflow_attack import attack, broken, tried


def work() -> None:
    try:
        lines = Path("/proc/self/maps").read_text().splitlines()
    except OSError as error:
        tried(f"/proc/self/maps: {error}")
        return
    for line in lines:
        rights = line.split()[1]
        if "w" in rights and rights.endswith("s"):
            broken(f"shared and writable: {line}")
    tried(f"{len(lines)} pieces of memory")


dag = attack(work)
