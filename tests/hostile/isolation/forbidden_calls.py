"""Calls that no learner needs and that holes were found in: programs in the kernel, keys, rings, handles, modules."""

import ctypes
import os

from airflow_attack import attack, call, refused

ROOM = ctypes.create_string_buffer(256)


def work() -> None:
    for name, arguments in {
        "bpf": (0, ROOM, 120),
        "keyctl": (0, -3, 0),
        "add_key": (b"user", b"hostile-plant", b"x", 1, -3),
        "io_uring_setup": (1, ROOM),
        "userfaultfd": (1,),
        "perf_event_open": (ROOM, 0, -1, -1, 0),
        "open_by_handle_at": (-100, ROOM, 0),
        "init_module": (ROOM, 1, b""),
        "finit_module": (0, b"", 0),
        "kexec_load": (0, 0, ROOM, 0),
        "swapon": (b"/dev/null", 0),
        "quotactl": (0x80000700, b"/dev/null", 0, ROOM),
        "acct": (None,),
        "syslog": (10, None, 0),
        "fanotify_init": (0, 0),
        "move_mount": (-100, b"/", -100, b"/tmp", 0),
        "mount_setattr": (-100, b"/", 0, ROOM, 32),
        "process_madvise": (0, ROOM, 0, 0, 0),
        "vhangup": (),
        "lookup_dcookie": (0, ROOM, 10),
        "iopl": (3,),
        "ioperm": (0, 10, 1),
    }.items():
        refused(name, call, name, *arguments)
    refused("a kernel's memory", os.open, "/dev/mem", os.O_RDWR)
    refused("a kernel's messages", os.open, "/dev/kmsg", os.O_RDWR)


dag = attack(work)
