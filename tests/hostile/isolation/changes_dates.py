"""Changes the dates of files that are not its own.

---
settings = ["A", "B", "C as root"]
missing = "a root that holds the interpreter alone, read-only"
"""

import os
from pathlib import Path

from airflow_attack import attack, refused, targets


def work() -> None:
    own = Path(__file__)
    for path in (
        *targets["files"],
        targets["writable"],
        targets["course"],
        str(own),
        str(own.parent),
        os.__file__,
    ):
        refused(f"date of {path}", os.utime, path, (0, 0))


dag = attack(work)
