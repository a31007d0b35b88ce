"""Opens disks and terminals, and changes the kernel's settings."""

import fcntl
import os
from pathlib import Path

from airflow_attack import attack, refused

TIOCSTI = 0x5412


def work() -> None:
    for path in (
        "/dev/sda",
        "/dev/vda",
        "/dev/nvme0n1",
        "/dev/loop0",
        "/dev/fuse",
        "/dev/kvm",
        "/dev/net/tun",
    ):
        refused(f"open {path}", os.open, path, os.O_RDWR)
    for path in (
        "/proc/sys/kernel/core_pattern",
        "/proc/sys/kernel/hostname",
        "/proc/sys/net/ipv4/ip_forward",
        "/proc/sysrq-trigger",
        "/sys/kernel/uevent_helper",
        "/sys/fs/cgroup/cgroup.procs",
        "/sys/fs/cgroup/memory/cgroup.procs",
        "/sys/fs/cgroup/release_agent",
    ):
        refused(f"write {path}", Path(path).write_text, "0")
    for path in ("/dev/tty", "/dev/console", "/dev/tty1", "/dev/ptmx"):
        refused(f"type into {path}", _type, path)


def _type(path: str) -> str:
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)
    if path.endswith("ptmx"):
        # A terminal of its own is nobody else's.
        raise OSError("its own")
    fcntl.ioctl(descriptor, TIOCSTI, b"x")
    return path


dag = attack(work)
