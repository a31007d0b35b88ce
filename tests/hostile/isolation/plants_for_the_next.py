"""Leaves things outside its own folders for whoever comes next; at its second try it looks for them.

---
quick = true
state = ["success"]
"""

import ctypes
import os
import signal
import socket

from airflow.sdk import DAG, get_current_context, task
from airflow_attack import broken, call, libc, tried

MARK, KEY = "hostile-plant", 0x0BADC0DE
FOLDERS = ("/dev/shm", "/var/tmp", "/dev/mqueue", "/run", "/var/lock", os.environ["AIRFLOW_HOME"])
CREATE = 0o1666


def look() -> None:
    for folder in FOLDERS:
        try:
            if any(MARK in name for name in os.listdir(folder)):
                broken(f"{folder} has a file of the try before")
        except OSError as error:
            tried(f"list {folder}: {error}")
    for name in ("shm", "sem", "msg"):
        if _get(name, 0o666) >= 0:
            broken(f"System V {name} of the try before")
    with socket.socket(socket.AF_UNIX) if _unix() else open(os.devnull) as door:
        if _unix():
            try:
                door.bind(f"\0{MARK}")
            except OSError as error:
                broken(f"the name of a socket is taken: {error}")
    if call("keyctl", 10, -3, b"user", MARK.encode(), 0) >= 0:
        broken("a key of the try before")
    tried("to find what was planted")


def plant() -> None:
    for folder in FOLDERS:
        try:
            with open(f"{folder}/{MARK}", "w") as file:
                file.write("x")
            tried(f"{folder}: planted")
        except OSError as error:
            tried(f"{folder}: {error}")
    for name in ("shm", "sem", "msg"):
        tried(f"System V {name}: {_get(name, CREATE)}")
    call("add_key", b"user", MARK.encode(), b"x", 1, -3)
    if _unix() and os.fork() == 0:
        os.setsid()
        door = socket.socket(socket.AF_UNIX)
        door.bind(f"\0{MARK}")
        signal.pause()


def _get(name: str, flags: int) -> int:
    arguments = {"shm": (4096, flags), "sem": (1, flags), "msg": (flags,)}[name]
    return int(getattr(libc, f"{name}get")(ctypes.c_int(KEY), *arguments))


def _unix() -> bool:
    try:
        socket.socket(socket.AF_UNIX).close()
    except OSError as error:
        tried(f"a socket with a name: {error}")
        return False
    return True


with DAG("hostile") as dag:

    @task(retries=1, retry_delay=1)
    def work() -> None:
        look()
        plant()
        if get_current_context()["ti"].try_number == 1:
            raise OSError("once more")

    work()
