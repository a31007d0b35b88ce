"""Ends the process that imports the DAG file as if all were well.

---
quick = true
ends = ["error"]
says = "ended"
"""

import os

from airflow.sdk import DAG  # noqa: F401  (what is not about Airflow is not imported)
from attack import tried

tried("to end at import with 0")
os._exit(0)
