"""Fills every folder that is in memory: its own, shared memory, the system's for temporary files.

---
ends = ["error"]
says = "of files"
"""

import os

from airflow_attack import attack, broken, tried

MOST = 600


def work() -> None:
    for folder in (os.environ["TMPDIR"], os.getcwd(), "/dev/shm", "/tmp", "/run", "/var/tmp"):
        written = 0
        tried(f"to fill {folder}")
        try:
            for number in range(MOST // 8):
                with open(f"{folder}/hostile-plant-{number}", "wb") as file:
                    for _ in range(8):
                        file.write(b"x" * (1 << 20))
                        written += 1
            broken(f"{folder} took {written} MiB")
        except OSError as error:
            tried(f"{folder} after {written} MiB: {error}")
            for number in range(MOST // 8):
                try:
                    os.unlink(f"{folder}/hostile-plant-{number}")
                except OSError:
                    break


dag = attack(work)
