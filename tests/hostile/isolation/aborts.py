"""Aborts, and asks for as large a picture of its memory as there can be: no such file may be left.

---
state = ["failed"]
exit_codes = [-6]
"""

import os
import resource

from airflow_attack import attack, refused


def work() -> None:
    refused(
        "a core file",
        resource.setrlimit,
        resource.RLIMIT_CORE,
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY),
    )
    os.abort()


dag = attack(work)
