"""Fills memory that is nobody's own, shared and without a file, and lets go of all of it but the memory itself."""

import mmap
import os

from airflow_attack import attack, broken, call, tried

SIZE = 64 << 20


def work() -> None:
    for name, make in {
        "shared memory": lambda: mmap.mmap(-1, SIZE),
        "a file of memory": lambda: mmap.mmap(named(), SIZE),
        "a device's memory": lambda: mmap.mmap(os.open("/dev/zero", os.O_RDWR), SIZE),
    }.items():
        try:
            held = make()
            held[:] = b"x" * SIZE
            # From now on no process has it, and it is still there.
            held.madvise(mmap.MADV_DONTNEED)
            if held[-1:] == b"x":
                broken(f"{name}: {SIZE >> 20} MB")
        except OSError as error:
            tried(f"{name}: {error.strerror}")


def named() -> int:
    number = call("memfd_create", b"held", 0)
    if number < 0:
        raise OSError(1, "refused")
    os.ftruncate(number, SIZE)
    return number


dag = attack(work)
