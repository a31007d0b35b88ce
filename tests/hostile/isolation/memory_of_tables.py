"""Reads a page here and there in a vast empty space: it gets no memory, and the kernel's tables of it grow.

---
ends = ["error"]
says = "memory"
"""

import mmap

from airflow_attack import attack, broken, tried, wait

SIZE = 1 << 30
STEP = 2 << 20
MANY = 1024


def work() -> None:
    tried("tables of pages")
    held = []
    for _ in range(MANY):
        space = mmap.mmap(-1, SIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ)
        space.madvise(mmap.MADV_NOHUGEPAGE)
        for place in range(0, SIZE, STEP):
            space[place]
        held.append(space)
    wait(1)
    with open("/proc/self/status") as status:
        broken(next(line for line in status if line.startswith("VmPTE")))


dag = attack(work)
