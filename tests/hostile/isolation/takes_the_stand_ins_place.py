"""Listens where the grader's stand-ins do, so that what it sends comes to itself; the honest mail arrives all the same.

---
mails = ["an honest mail"]
state = ["success"]
"""

import smtplib
import socket

from airflow.sdk import BaseHook
from airflow_attack import attack, refused

OPTIONS = (0, socket.SO_REUSEADDR, socket.SO_REUSEPORT)


def work() -> None:
    found = BaseHook.get_connection("smtp_default")
    for option in OPTIONS:
        for host in ("127.0.0.1", "0.0.0.0"):
            refused(f"to listen on {host} with option {option}", _listen, host, found.port, option)
    with smtplib.SMTP(found.host, found.port, timeout=5) as door:
        if found.login:
            door.login(found.login, found.password)
        door.sendmail("a@example.com", ["b@example.com"], "Subject: an honest mail\r\n\r\n.")


def _listen(host: str, port: int, option: int) -> str:
    with socket.socket() as door:
        if option:
            door.setsockopt(socket.SOL_SOCKET, option, 1)
        door.bind((host, port))
        door.listen()
        return str(door)


dag = attack(work)
