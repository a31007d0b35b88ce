"""Takes memory in processes whose first threads have ended: of those, the system says that they have none.

---
ends = ["error"]
says = "memory"
"""

from airflow_attack import attack, broken, tried, wait, without_a_first_thread


def take() -> None:
    held = bytearray(400 << 20)
    held[::4096] = bytes(len(held[::4096]))
    wait(20)


def work() -> None:
    tried("to take memory in processes that look as if they had ended")
    for _ in range(4):
        without_a_first_thread(take)
    wait(10)
    broken("1600 MiB for ten seconds")


dag = attack(work)
