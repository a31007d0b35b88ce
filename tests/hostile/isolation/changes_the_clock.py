"""Sets the machine's clock, its speed and its name."""

import ctypes
import time

from airflow_attack import attack, call, libc, refused

MODES = bytes([1]) + bytes(207)


def work() -> None:
    refused("clock_settime", time.clock_settime, time.CLOCK_REALTIME, 0)
    refused("settimeofday", libc.settimeofday, ctypes.create_string_buffer(16), None)
    refused("adjtimex", call, "adjtimex", ctypes.create_string_buffer(MODES))
    refused("sethostname", call, "sethostname", b"hostile", 7)


dag = attack(work)
