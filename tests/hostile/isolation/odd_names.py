"""Leaves files whose names are no text, have line ends and colours, or are as long as names may be.

---
state = ["success"]
"""

import os

from airflow_attack import attack, tried

NAMES = (
    b"\xff\xfe no text",
    b"two\nlines",
    b"\x1b[31m\x1b]0;owned\x07",
    b"x" * 255,
    b" ",
    b"-rf",
    b"; rm -rf $HOME",
    b"\xe2\x80\xae\xe2\x81\xa6txt.exe",
    b"<script>alert(1)<script>",
)


def work() -> None:
    for name in NAMES:
        with open(name, "w") as file:
            file.write("x")
        os.mkdir(name[:200] + b"-folder")
    tried(f"{len(NAMES)} odd names")


dag = attack(work)
