"""Fills the disk with files that no folder has, and that a process has open whose first thread has ended.

---
ends = ["error"]
says = "of files"
"""

from pathlib import Path

from airflow_attack import attack, broken, tried, wait, without_a_first_thread


def fill() -> None:
    held = []
    written = 0
    try:
        for number in range(40):
            file = open(f"unseen-{number}", "wb", buffering=0)  # noqa: SIM115  (open is what it is to stay)
            Path(file.name).unlink()
            held.append(file)
            for _ in range(16):
                written += file.write(b"x" * (1 << 20))
        wait(3)
        broken(f"{written >> 20} MiB that nobody sees")
    except OSError as error:
        tried(f"after {written >> 20} MiB: {error}")
        wait(3)


def work() -> None:
    tried("to fill what nobody sees")
    without_a_first_thread(fill)
    wait(8)


dag = attack(work)
