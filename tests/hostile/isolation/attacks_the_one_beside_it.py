"""Lives at the same time as another of its tasks, which sleeps, and attacks that one: signals, memory, descriptors,
limits, ranks, and what the system has of it in files.

---
state = ["success"]
prints = ["nobody has touched it"]
"""

import ctypes
import fcntl
import os
import resource
import signal
import socket
import time
from pathlib import Path

from airflow.sdk import DAG, task
from airflow_attack import call, refused, tried, wait

PLACE = Path(os.environ["TMPDIR"]) / "sleeper"
READ = ("environ", "maps", "stack", "auxv", "syscall", "fdinfo/1")
LINKS = ("cwd", "root", "exe", "fd/1", "ns/net")
WRITTEN = ("mem", "comm", "oom_score_adj", "coredump_filter", "clear_refs", "timerslack_ns", "attr/current")


def state() -> object:
    limits, rank = resource.getrlimit(resource.RLIMIT_NOFILE), os.getpriority(os.PRIO_PROCESS, 0)
    return limits, rank, os.sched_getaffinity(0), os.sched_getscheduler(0)


def sleep() -> None:
    PLACE.write_text(str(os.getpid()))
    before = state()
    time.sleep(60)
    if state() == before:
        print("nobody has touched it")


def attack() -> None:
    pid = int(PLACE.read_text())
    if pid == os.getpid():
        # In cells of their own both have the same number, and no other is seen.
        tried(f"{len([name for name in os.listdir('/proc') if name.isdigit()])} processes to be seen")
        return
    for number in (signal.SIGSTOP, signal.SIGCONT, signal.SIGTERM, signal.SIGKILL):
        refused(f"{number.name} to {pid}", os.kill, pid, number)
        refused(f"{number.name} to a thread of {pid}", call, "tgkill", pid, pid, int(number))
        refused(f"{number.name} to the group of {pid}", os.killpg, pid, number)
        refused(f"{number.name} by a descriptor of {pid}", _signal, pid, number)
    refused(f"a trace of {pid}", call, "ptrace", 16, pid, 0, 0)
    refused(f"memory of {pid}", call, "process_vm_readv", pid, ctypes.create_string_buffer(16), 1, 0, 1, 0)
    refused(f"a descriptor of {pid}", _take, pid)
    refused(f"files of {pid}", call, "kcmp", os.getpid(), pid, 2, 0, 0)
    refused(f"limits of {pid}", resource.prlimit, pid, resource.RLIMIT_NOFILE, (3, 3))
    refused(f"rank of {pid}", os.setpriority, os.PRIO_PROCESS, pid, 19)
    refused(f"processors of {pid}", os.sched_setaffinity, pid, {0})
    refused(f"schedule of {pid}", os.sched_setscheduler, pid, os.SCHED_IDLE, os.sched_param(0))
    refused(f"disk of {pid}", call, "ioprio_set", 1, pid, 3 << 13)
    refused(f"group of {pid}", os.setpgid, pid, 0)
    for name in READ:
        refused(f"reading {name} of {pid}", _read, f"/proc/{pid}/{name}")
    for name in LINKS:
        refused(f"where {name} of {pid} leads", os.readlink, f"/proc/{pid}/{name}")
    for name in WRITTEN:
        refused(f"writing {name} of {pid}", os.open, f"/proc/{pid}/{name}", os.O_WRONLY)
    _have_a_file_signal(pid)
    wait(0.1)
    tried("the one beside it")


def _signal(pid: int, number: int) -> None:
    signal.pidfd_send_signal(os.pidfd_open(pid), number)


def _take(pid: int) -> int:
    return call("pidfd_getfd", os.pidfd_open(pid), 1, 0)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(100)


def _have_a_file_signal(pid: int) -> None:
    ours, theirs = socket.socketpair()
    try:
        fcntl.fcntl(ours, fcntl.F_SETOWN, pid)
        fcntl.fcntl(ours, fcntl.F_SETSIG, int(signal.SIGKILL))
        fcntl.fcntl(ours, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
        theirs.send(b"x")
    except OSError as error:
        tried(f"a file that signals {pid}: {error}")


with DAG("hostile") as dag:

    @task
    def work(first: bool) -> None:
        sleep() if first else attack()

    work.expand(first=[True, False])
