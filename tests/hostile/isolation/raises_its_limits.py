"""Raises the limits that were set for it, and its rank among processes."""

import os
import resource
from pathlib import Path

from airflow_attack import attack, broken, call, refused, tried

MORE = resource.RLIM_INFINITY
NAMES = ("NPROC", "DATA", "FSIZE", "CPU", "CORE", "NOFILE", "MEMLOCK", "MSGQUEUE", "RTPRIO", "NICE")


def work() -> None:
    for name in NAMES:
        kind = getattr(resource, f"RLIMIT_{name}")
        most = resource.getrlimit(kind)[1]
        tried(f"{name} is {most}")
        if most != MORE:
            refused(f"more {name}", resource.setrlimit, kind, (MORE, MORE))
            refused(f"a little more {name}", resource.setrlimit, kind, (most + 1, most + 1))
    if resource.getrlimit(resource.RLIMIT_NPROC)[1] > 5000:
        broken("as many processes as it likes")
    if resource.getrlimit(resource.RLIMIT_CORE)[1] > 1:
        broken("pictures of its memory")
    refused("to be nicer to itself", os.nice, -5)
    refused("real time", os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(10))
    refused("disk in real time", call, "ioprio_set", 1, 0, 1 << 13)
    refused("to be spared when memory ends", Path("/proc/self/oom_score_adj").write_text, "-1000")
    refused("other rules for memory", Path("/proc/sys/vm/overcommit_memory").write_text, "1")


dag = attack(work)
