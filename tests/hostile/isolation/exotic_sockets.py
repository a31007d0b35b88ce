"""Makes sockets of families that a learner has no use for: raw, packet, vsock, netlink, the kernel's ciphers."""

import socket

from airflow_attack import attack, refused

FAMILIES = {
    "raw": (2, 3, 1),
    "raw, version 6": (10, 3, 58),
    "packet": (17, 3, 0),
    "vsock": (40, 1, 0),
    "ciphers": (38, 5, 0),
    "netlink for audit": (16, 3, 9),
    "netlink for nftables": (16, 3, 12),
    "bluetooth": (31, 3, 1),
    "can": (29, 3, 1),
    "key": (15, 3, 2),
    "xdp": (44, 3, 0),
    "tipc": (30, 1, 0),
    "rds": (21, 5, 0),
    "rxrpc": (33, 2, 2),
    "kcm": (41, 5, 0),
    "smc": (43, 1, 0),
}


def work() -> None:
    for name, (family, kind, protocol) in FAMILIES.items():
        refused(f"a {name} socket", _make, family, kind, protocol)


def _make(family: int, kind: int, protocol: int) -> str:
    with socket.socket(family, kind, protocol) as made:
        return str(made)


dag = attack(work)
