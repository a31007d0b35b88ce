"""Reads where there is no memory.

---
state = ["failed"]
exit_codes = [-11]
"""

import ctypes
import signal

from airflow_attack import attack, tried


def work() -> None:
    tried("to read at zero")
    # Airflow's import of DAG files leaves a handler that never gets its turn.
    signal.signal(signal.SIGSEGV, signal.SIG_DFL)
    ctypes.string_at(0)


dag = attack(work)
