"""What a child has sent and the kernel still holds back.

Whoever tells it to (``TCP_CORK``, pacing) has something arrive later, with nobody there who sends it.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from pathlib import Path

__all__ = ["unsent"]

_PATIENCE = 0.3
"""Real seconds: by itself the kernel holds back for no more than a fifth of one."""
_PAUSE = 0.002


def unsent(pid: int, ports: Collection[int]) -> int:
    """Wait until all that was sent to these ports, from the network of this process, has arrived; not for ever.

    :return: the number of connections on which something has not. Zero where the system cannot tell.
    """
    until = time.monotonic() + _PATIENCE
    while (found := sum(1 for _ in _waiting(pid, ports))) and time.monotonic() < until:
        time.sleep(_PAUSE)
    return found


def _waiting(pid: int, ports: Collection[int]) -> Iterator[str]:
    """The connections to these ports with bytes that nobody has acknowledged."""
    for table in ("tcp", "tcp6"):
        try:
            _, *rows = Path(f"/proc/{pid}/net/{table}").read_text("ascii").splitlines()
        except (OSError, ValueError):
            continue
        for row in rows:
            # Number, local and remote address, state, what waits to be sent and to be read: man 5 proc_pid_net.
            _, _, remote, _, queues, *_ = row.split()
            if int(remote.rpartition(":")[2], 16) in ports and int(queues.partition(":")[0], 16):
                yield row
