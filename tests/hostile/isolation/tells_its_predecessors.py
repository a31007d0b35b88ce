"""Looks for signs that somebody was there before: numbers of processes, users, files, sockets; they must be the same.

---
settings = ["A", "B"]
missing = "namespaces for processes, network, mounts, names and shared memory"
state = ["success"]
"""

import json
import os
import socket
import time

from airflow.sdk import DAG, Variable, get_current_context, task
from airflow_attack import broken, tried


def names(folder: str) -> list[str] | str:
    try:
        return sorted(os.listdir(folder))
    except OSError as error:
        return str(error)


def signs() -> dict[str, object]:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    with socket.socket() as door:
        name = socket.gethostname()
    return {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "next pid": pid,
        "user": os.getresuid(),
        "others": sorted(entry for entry in os.listdir("/proc") if entry.isdigit()),
        "host": name,
        "shared memory": names("/dev/shm"),
        "temporary": names("/tmp"),
        "cwd": os.getcwd(),
        "door": door.fileno(),
        "descriptors": sorted(os.listdir("/proc/self/fd")),
        "clock": time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID) < 60,
    }


with DAG("hostile") as dag:

    @task(retries=1, retry_delay=1)
    def work() -> None:
        now = signs()
        tried(f"signs: {json.dumps(now)}")
        if get_current_context()["ti"].try_number == 1:
            Variable.set("signs", json.dumps(now))
            raise OSError("once more")
        before = json.loads(Variable.get("signs"))
        for name, value in json.loads(json.dumps(now)).items():
            if before[name] != value:
                broken(f"{name} was {before[name]}, and is {value}")

    work()
