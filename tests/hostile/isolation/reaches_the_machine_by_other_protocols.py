"""Reaches the machine's loopback by protocols that rules about TCP do not see, and without connecting first."""

import socket

from airflow_attack import attack, refused, targets

MPTCP, SCTP, FAST_OPEN = 262, 132, 0x20000000


def work() -> None:
    address = ("127.0.0.1", targets["tcp"])
    for name, kind, protocol in (
        ("many-path TCP", socket.SOCK_STREAM, MPTCP),
        ("SCTP", socket.SOCK_STREAM, SCTP),
        ("SCTP, sequenced", socket.SOCK_SEQPACKET, SCTP),
    ):
        refused(name, _connect, kind, protocol, address)
    refused("fast open", _send_first, address)
    refused("fast open by a message", _send_message, address)


def _connect(kind: int, protocol: int, address: tuple[str, int]) -> str:
    with socket.socket(socket.AF_INET, kind, protocol) as line:
        line.settimeout(1)
        line.connect(address)
        return str(line.getpeername())


def _send_first(address: tuple[str, int]) -> str:
    with socket.socket() as line:
        line.settimeout(1)
        line.sendto(b"hello", FAST_OPEN, address)
        return str(line.getpeername())


def _send_message(address: tuple[str, int]) -> str:
    with socket.socket() as line:
        line.settimeout(1)
        line.sendmsg([b"hello"], [], FAST_OPEN, address)
        return str(line.getpeername())


dag = attack(work)
