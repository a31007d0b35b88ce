"""Reaches the machine's own network: what listens on its loopback, in its folders and without a folder.

---
quick = true
"""

import socket

from airflow_attack import attack, refused, targets


def work() -> None:
    for host in ("127.0.0.1", "127.0.0.2", "localhost", "0.0.0.0"):
        refused(f"TCP on {host}", _tcp, host, targets["tcp"])
    refused("a socket in a folder", _unix, targets["unix"])
    refused("an abstract socket", _unix, f"\0{targets['abstract']}")
    for path in (
        "/var/run/docker.sock",
        "/run/dbus/system_bus_socket",
        "/run/systemd/private",
        "/run/systemd/journal/socket",
        "/dev/log",
    ):
        refused(path, _unix, path)


def _tcp(host: str, port: int) -> str:
    with socket.create_connection((host, port), 1) as line:
        return str(line)


def _unix(path: str) -> str:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(1)
        line.connect(path)
        return str(line)


dag = attack(work)
