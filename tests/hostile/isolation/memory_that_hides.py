"""Takes memory in processes that nobody but root may look into.

---
ends = ["error"]
says = "memory"
"""

import mmap
import os

from airflow_attack import attack, libc, tried, wait

DUMPABLE = 4


def work() -> None:
    libc.prctl(DUMPABLE, 0, 0, 0, 0)
    if os.fork() == 0:
        libc.prctl(DUMPABLE, 0, 0, 0, 0)
    tried("to take memory that nobody sees")
    held = []
    for size in range(100):
        try:
            piece = mmap.mmap(-1, 1 << 24, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            piece.write(b"x" * (1 << 24))
            held.append(piece)
        except OSError as error:
            tried(f"after {size} pieces: {error}")
            break
    wait(10)


dag = attack(work)
