"""Reaches other machines: by name, by address, by both versions of the protocol, as listener, by broadcast."""

import socket

from airflow_attack import attack, refused

ADDRESSES = (
    ("1.1.1.1", 443),
    ("8.8.8.8", 53),
    ("169.254.169.254", 80),
    ("10.0.0.1", 22),
    ("2606:4700:4700::1111", 443),
)


def work() -> None:
    for host, port in ADDRESSES:
        refused(f"{host}", _connect, host, port)
    refused("a name", socket.create_connection, ("example.com", 80), 1)
    refused("to listen for everybody", _listen)


def _connect(host: str, port: int) -> str:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as line:
        line.settimeout(1)
        line.connect((host, port))
        return str(line.getpeername())


def _listen() -> str:
    """In a network of its own anybody may listen, and nobody comes."""
    with socket.socket() as door:
        door.bind(("0.0.0.0", 0))
        door.listen()
        with open("/proc/net/dev") as devices:
            others = [line.split(":")[0].strip() for line in devices.read().splitlines()[2:]]
        if others == ["lo"]:
            raise OSError("nobody but us in this network")
        return str(others)


dag = attack(work)
