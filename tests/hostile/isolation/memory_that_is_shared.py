"""Takes memory that is nobody's own: shared mappings and files without a name.

---
ends = ["error"]
says = "memory"
"""

import mmap
import os

from airflow_attack import attack, call, tried, wait


def work() -> None:
    tried("to take shared memory")
    held = []
    number = call("memfd_create", b"held", 0)
    for size in range(200):
        try:
            piece = mmap.mmap(-1, 1 << 24)
            piece.write(b"x" * (1 << 24))
            held.append(piece)
            if number >= 0:
                os.pwrite(number, b"x" * (1 << 24), size << 24)
        except OSError as error:
            tried(f"after {size} pieces: {error}")
            break
    wait(10)


dag = attack(work)
