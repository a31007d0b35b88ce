"""Climbs out of its folders: by .., by links of /proc, by descriptors of folders, by a second root.

---
quick = true
"""

import os
from pathlib import Path

from airflow_attack import attack, refused, targets, tried


def work() -> None:
    secret = targets["files"][0].lstrip("/")
    for root in ("/proc/1/root", "/proc/self/root", f"/proc/{os.getppid()}/root", "/proc/1/cwd", "../" * 40):
        refused(f"read by {root}", lambda root=root: Path(root, secret).read_text())
    for pid in (1, os.getppid(), targets["driver"], targets["host"], targets["parent"]):
        refused(f"list the descriptors of {pid}", lambda pid=pid: _others(pid))
    for number in range(1024):
        try:
            os.fchdir(number)
        except OSError:
            continue
        refused(f"read from the folder of descriptor {number}", lambda: Path("../" * 40, secret).read_text())
    refused("chroot", os.chroot, os.getcwd())
    os.symlink("/" + secret, "shortcut")
    refused("read through a link", lambda: Path("shortcut").read_text())
    tried("to climb out")


def _others(pid: int) -> list[str]:
    if pid == os.getpid():
        raise OSError("this is us")
    return os.listdir(f"/proc/{pid}/fd")


dag = attack(work)
