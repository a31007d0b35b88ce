"""Takes memory until there is none.

---
ends = ["error"]
says = "memory"
"""

from airflow_attack import attack, tried


def work() -> None:
    tried("to take all memory")
    held = []
    while True:
        held.append(b"x" * (1 << 24))


dag = attack(work)
