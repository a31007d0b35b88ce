"""Makes files without end.

---
ends = ["error"]
says = "files"
"""

import os

from airflow_attack import attack, broken, tried, wait


def work() -> None:
    tried("files without end")
    made = 0
    os.mkdir("many")
    try:
        for made in range(200_000):
            os.close(os.open(f"many/{made}", os.O_CREAT | os.O_WRONLY))
        broken("200 000 files")
    except OSError as error:
        tried(f"after {made} files: {error}")
    wait(2)


dag = attack(work)
