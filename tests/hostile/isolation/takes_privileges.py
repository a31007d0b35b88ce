"""Becomes somebody else: another user, root in a namespace, with another root folder or with mounts of its own."""

import ctypes
import os
from pathlib import Path

from airflow_attack import attack, broken, call, libc, refused, tried

USER, NET, MOUNT, PID = 0x10000000, 0x40000000, 0x20000, 0x20000000
CHILD = 17


def work() -> None:
    status = _status()
    for name in ("CapEff", "CapPrm", "CapAmb", "CapInh"):
        if int(status.get(name, "0"), 16):
            broken(f"capabilities {name} {status[name]}")
    if status and status["NoNewPrivs"].strip() != "1":
        broken("programs may give it new privileges")
    for who in (0, 1, 65534):
        if who not in os.getresuid():
            refused(f"to be user {who}", os.setresuid, who, who, who)
            refused(f"to be group {who}", os.setresgid, who, who, who)
    refused("to have groups", os.setgroups, [0])
    for name, flag in (("user", USER), ("network", NET), ("mount", MOUNT), ("pid", PID)):
        refused(f"a {name} namespace", call, "unshare", flag)
        refused(f"a process in a {name} namespace", _born, flag)
    refused("clone3", call, "clone3", ctypes.create_string_buffer(88), 88)
    refused("a mount", libc.mount, b"x", os.getcwd().encode(), b"tmpfs", 0, None)
    refused("a bind", libc.mount, b"/", os.getcwd().encode(), None, 4096, None)
    refused("/usr writable", libc.mount, None, b"/usr", None, 32 | 4096, None)
    refused("/proc away", libc.umount2, b"/proc", 2)
    refused("its folder away", libc.umount2, os.getcwd().encode(), 2)
    refused("another root", os.chroot, os.getcwd())
    refused("a pivoted root", call, "pivot_root", b".", b".")
    refused("to open a tree", call, "open_tree", -100, b"/", 1)
    refused("to open a file system", call, "fsopen", b"tmpfs", 0)
    refused("to enter a namespace", _enter)


def _status() -> dict[str, str]:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError as error:
        tried(f"/proc: {error}")
        return {}
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def _born(flag: int) -> int:
    born = call("clone", flag | CHILD, 0, 0, 0, 0)
    if born == 0:
        os._exit(0)
    return born


def _enter() -> int:
    descriptor = os.open("/proc/1/ns/mnt", os.O_RDONLY)
    return call("setns", descriptor, 0)


dag = attack(work)
