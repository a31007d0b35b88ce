"""Writes what is no text into the log, and text that drives terminals and pages.

---
state = ["success"]
"""

import os

from airflow_attack import attack, tried

PIECES = (
    bytes(range(256)) * 40,
    b"\x1b]0;owned\x07\x1b[2J\x1b[31m\x1b]52;c;cm0gLXJmIH4=\x07",
    "\u202e\u2066 passed \ud800".encode("utf-8", "surrogatepass"),
    b"</script><script>alert(1)</script> ![x](javascript:1) `rm -rf`",
    b'{"event": "\\ud800", "level": {}, "timestamp": [], "logger": 1e999}',
)


def work() -> None:
    tried("garbage")
    for number in (1, 2, 3):
        for piece in PIECES:
            os.write(number, piece + b"\n")


dag = attack(work)
