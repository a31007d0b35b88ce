"""Sends a datagram to the machine's own loopback.

---
settings = ["A", "B"]
missing = "UDP to nowhere"
"""

import socket

from airflow_attack import attack, targets, tried


def work() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        try:
            line.sendto(b"hello", ("127.0.0.1", targets["udp"]))
            line.sendto(b"hello", ("127.0.0.1", targets["udp"]))
        except OSError as error:
            tried(f"a datagram: {error}")
        else:
            tried("a datagram, and does not know what became of it")


dag = attack(work)
