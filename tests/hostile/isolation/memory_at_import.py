"""Takes memory until there is none while the DAG file is imported.

---
ends = ["error"]
says = "memory"
"""

from airflow_attack import tried

dag = None
tried("to take all memory at import")
held = []
while True:
    held.append(b"x" * (1 << 24))
