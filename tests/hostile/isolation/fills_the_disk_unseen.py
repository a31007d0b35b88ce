"""Fills the disk with files that no folder has: removed, and still open.

---
ends = ["error"]
says = "of files"
"""

from pathlib import Path

from airflow_attack import attack, broken, tried, wait


def work() -> None:
    tried("to fill what nobody sees")
    held = []
    written = 0
    try:
        for number in range(100):
            file = open(f"unseen-{number}", "wb", buffering=0)  # noqa: SIM115  (open is what it is to stay)
            Path(file.name).unlink()
            held.append(file)
            for _ in range(16):
                written += file.write(b"x" * (1 << 20))
        broken(f"{written >> 20} MiB that nobody sees")
    except OSError as error:
        tried(f"after {written >> 20} MiB: {error}")
    wait(2)


dag = attack(work)
