"""Never ends to import, inside a regular expression that gives nobody else a turn.

---
ends = ["timeout", "error"]
limits = { wall = 5 }
"""

import re

from airflow_attack import tried

dag = None
tried("an import that never ends")
re.match(r"(a+)+$", "a" * 60 + "b")
