"""Recurses until the stack of the interpreter itself is full.

---
state = ["failed"]
"""

import sys

from airflow_attack import attack, tried


def work() -> None:
    tried("to recurse without end")
    sys.setrecursionlimit(10**9)
    _deeper(0)


def _deeper(number: int) -> int:
    return max(map(_deeper, [number + 1]))


dag = attack(work)
