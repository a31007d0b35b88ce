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
    for size in range(100):
        try:
            number = call("memfd_create", f"held-{size}".encode(), 0)
            if number >= 0:
                os.write(number, b"x" * (1 << 23))
            piece = mmap.mmap(-1, 1 << 23)
            piece.write(b"x" * (1 << 23))
            held.append((piece, number))
        except OSError as error:
            tried(f"after {size} pieces: {error}")
            break
    wait(10)


dag = attack(work)
