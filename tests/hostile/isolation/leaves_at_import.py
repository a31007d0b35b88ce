"""Leaves the import of the DAG file with an exit that asks for success.

---
ends = ["error"]
says = "dag.py"
"""

import sys

from airflow_attack import tried

dag = None
tried("sys.exit at import")
sys.exit(0)
