"""Ends the process that imports the DAG file as if all were well.

---
ends = ["error"]
says = "ended with exit code 0"
"""

import os

from airflow_attack import tried

dag = None
tried("to end at import with 0")
os._exit(0)
