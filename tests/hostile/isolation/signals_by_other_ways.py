"""Sends signals by descriptors of processes, by threads' numbers, with values, and by files that signal their owner."""

import ctypes
import fcntl
import os
import signal
import socket

from airflow_attack import attack, call, refused, targets, tried, wait


def work() -> None:
    for pid in (targets["driver"], targets["host"], targets["parent"]):
        refused(f"by a descriptor of {pid}", _by_descriptor, pid)
        refused(f"by a thread of {pid}", call, "tgkill", pid, pid, int(signal.SIGKILL))
        refused(f"with a value to {pid}", call, "rt_sigqueueinfo", pid, 9, ctypes.create_string_buffer(128))
        # Whoever is named as the owner gets a signal when something arrives; the default of this one is to end.
        ours, theirs = socket.socketpair()
        try:
            fcntl.fcntl(ours, fcntl.F_SETOWN, pid)
            fcntl.fcntl(ours, fcntl.F_SETSIG, int(signal.SIGKILL))
            fcntl.fcntl(ours, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
            theirs.send(b"x")
            tried(f"by a file of {pid}'s")
        except OSError as error:
            tried(f"by a file of {pid}'s: {error}")
    wait(0.2)


def _by_descriptor(pid: int) -> None:
    signal.pidfd_send_signal(os.pidfd_open(pid), signal.SIGKILL)


dag = attack(work)
