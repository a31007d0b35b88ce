"""Gives sockets names where another task that runs at the same time would find them, to hand over what it has open."""

import os
import socket
import stat

from airflow_attack import attack, refused, tried


def named(name: str) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)


def work() -> None:
    for folder in (os.getcwd(), os.environ["TMPDIR"], "/dev/shm", "/tmp"):
        refused(f"a socket in {folder}", named, f"{folder}/by-name")
        refused(f"the file of one in {folder}", os.mknod, f"{folder}/file", stat.S_IFSOCK | 0o600)
    tried("sockets with names")


dag = attack(work)
