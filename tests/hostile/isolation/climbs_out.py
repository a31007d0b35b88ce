"""Climbs out of its folders: by .., by links of /proc, by descriptors of folders, by a second root."""

import os
from pathlib import Path

from airflow_attack import attack, others, refused, targets, tried


def work() -> None:
    secret = targets["files"][0].lstrip("/")
    for root in ("/proc/1/root", "/proc/self/root", f"/proc/{os.getppid()}/root", "/proc/1/cwd", "../" * 40):
        refused(f"read by {root}", lambda root=root: Path(root, secret).read_text())
    for pid in others():
        refused(f"see where descriptors of {pid} lead", _descriptors, pid)
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


def _descriptors(pid: int) -> list[str]:
    # Their numbers are no secret; what they lead to is.
    return [os.readlink(f"/proc/{pid}/fd/{number}") for number in os.listdir(f"/proc/{pid}/fd")]


dag = attack(work)
