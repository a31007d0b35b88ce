"""Traces, reads and takes descriptors from its parent, the first process and the grader."""

import ctypes
import os

from airflow_attack import attack, call, others, refused

ATTACH, SEIZE = 16, 0x4206


class Piece(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]


def work() -> None:
    for pid in others():
        refused(f"trace {pid}", call, "ptrace", ATTACH, pid, 0, 0)
        refused(f"seize {pid}", call, "ptrace", SEIZE, pid, 0, 0)
        room = ctypes.create_string_buffer(64)
        ours, theirs = Piece(ctypes.addressof(room), 64), Piece(0x400000, 64)
        refused(
            f"read {pid}", call, "process_vm_readv", pid, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0
        )
        refused(f"take a descriptor of {pid}", _take, pid)
        refused(f"compare with {pid}", call, "kcmp", os.getpid(), pid, 2, 0, 0)
        refused(f"set the limits of {pid}", _limit, pid)
        refused(f"set the priority of {pid}", os.setpriority, os.PRIO_PROCESS, pid, 19)


def _take(pid: int) -> int:
    return call("pidfd_getfd", os.pidfd_open(pid), 0, 0)


def _limit(pid: int) -> None:
    import resource

    resource.prlimit(pid, resource.RLIMIT_NOFILE, (0, 0))


dag = attack(work)
