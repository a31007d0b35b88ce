"""Forks without end while the DAG file is imported.

---
ends = ["error", "timeout"]
limits = { wall = 6 }
"""

import os

from airflow_attack import tried, wait

dag = None
tried("to fork without end at import")
while True:
    try:
        os.fork()
    except (OSError, MemoryError):
        wait(0.001)
