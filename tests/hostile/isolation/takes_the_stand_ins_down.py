"""Opens many connections to the stand-ins and says nothing, sends half of everything, and floods them.

---
ends = ["ran", "error"]
seconds = 40
"""

import os
import socket

from airflow.sdk import BaseHook
from airflow_attack import attack, tried

HALVES = (b"MAIL FROM:<", b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", b"\0" * 999)


def work() -> None:
    found = BaseHook.get_connection("smtp_default")
    posts = BaseHook.get_connection("monitoring")
    held = []
    for number in range(200):
        for port in (found.port, posts.port):
            try:
                line = socket.create_connection(("127.0.0.1", port), 1)
                line.setblocking(False)
                line.send(HALVES[number % 3])
                held.append(line)
            except OSError as error:
                tried(f"connection {number}: {error}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        port = int(os.environ.get("AIRFLOW__METRICS__STATSD_PORT", 0))
        for _ in range(20_000 if port else 0):
            try:
                line.sendto(b"x:1|c\n" * 50, ("127.0.0.1", port))
            except OSError:
                continue
    tried(f"{len(held)} connections, and a flood")


dag = attack(work)
