"""Changes how the grader's processes and the user's others are treated: limits, ranks, processors, disk."""

import os
import resource

from airflow_attack import attack, broken, call, refused, targets, tried


def work() -> None:
    for pid in (targets["driver"], targets["host"], targets["parent"]):
        refused(f"descriptors of {pid}", resource.prlimit, pid, resource.RLIMIT_NOFILE, (3, 3))
        refused(f"limits of {pid}", resource.prlimit, pid, resource.RLIMIT_NOFILE)
        refused(f"rank of {pid}", os.setpriority, os.PRIO_PROCESS, pid, 19)
        refused(f"rank of the group of {pid}", os.setpriority, os.PRIO_PGRP, pid, 19)
        refused(f"processors of {pid}", os.sched_setaffinity, pid, {0})
        refused(f"schedule of {pid}", os.sched_setscheduler, pid, os.SCHED_IDLE, os.sched_param(0))
        refused(f"disk of {pid}", call, "ioprio_set", 1, pid, 3 << 13)
    try:
        os.setpriority(os.PRIO_USER, targets["owner"], 19)
    except OSError as error:
        tried(f"rank of everybody: {error}")
    else:
        # In a namespace of its own, everybody is whoever is in it.
        tried("rank of everybody")
        if targets["owner"] == os.getuid() and os.getpid() > 1000:
            broken("the rank of everything that the user runs")


dag = attack(work)
