"""Fills the disk with files that nobody has open: removed, and on their way in a socket.

---
ends = ["error"]
says = "of files"
"""

import os
import socket

from airflow_attack import attack, broken, tried, wait

MB = 1 << 20


def work() -> None:
    tried("to fill what nobody has open")
    ours, theirs = socket.socketpair()
    written = 0
    try:
        for number in range(60):
            file = os.open(f"posted-{number}", os.O_CREAT | os.O_RDWR)
            os.unlink(f"posted-{number}")
            for _ in range(8):
                written += os.write(file, b"x" * MB)
            socket.send_fds(ours, [b"x"], [file])
            os.close(file)
    except OSError as error:
        tried(f"after {written // MB} MB: {error}")
    wait(3)
    broken(f"{written // MB} MB that nobody has open, all in {theirs.fileno()}")


dag = attack(work)
