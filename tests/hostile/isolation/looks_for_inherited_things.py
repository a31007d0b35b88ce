"""Looks at what it was born with: variables, arguments, descriptors, working folder."""

import os
import socket
import stat
import sys

from airflow_attack import attack, broken, tried


def work() -> None:
    for name, value in os.environ.items():
        if "canary" in value or name.startswith(("AUTOGRADER", "HOSTILE", "PYTEST", "SSH_", "GIT")):
            broken(f"the variable {name}")
    tried(f"{len(os.environ)} variables")
    if any("driver" in word or "hostile" in word for word in sys.argv):
        broken(f"arguments {sys.argv}")
    doors = []
    for number in range(4096):
        try:
            status = os.fstat(number)
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode) or stat.S_ISBLK(status.st_mode):
            broken(f"descriptor {number} is a file, a folder or a disk: {status}")
        if stat.S_ISSOCK(status.st_mode):
            with socket.socket(fileno=os.dup(number)) as line:
                if line.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    doors.append(f"{number}: {line}")
    # One is its own: by it the processes below it agree on what time it is.
    if len(doors) > 1:
        broken(f"doors that others knock at: {doors}")
    tried("descriptors up to 4095")


dag = attack(work)
