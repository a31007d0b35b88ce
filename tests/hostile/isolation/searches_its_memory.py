"""Searches its own memory for what the grader has not told: a secret of its environment and files."""

import gc
import re
import sys
from pathlib import Path

from airflow_attack import attack, broken, tried

PREFIX = "".join(("can", "ary"))
SECRET = re.compile((PREFIX + "-").encode() + b"[0-9a-f]{32}")


def work() -> None:
    objects = 0
    for each in gc.get_objects():
        objects += 1
        if type(each) in (list, tuple, dict):
            for one in each.values() if type(each) is dict else each:
                text = (
                    one.encode(errors="replace") if type(one) is str else one if type(one) is bytes else b""
                )
                if SECRET.search(text):
                    broken(f"an object in memory: {text[:60]!r}")
    frame = sys._getframe()
    while frame is not None:
        for name, value in frame.f_locals.items():
            if isinstance(value, str) and SECRET.search(value.encode(errors="replace")):
                broken(f"{name} of a frame")
        frame = frame.f_back
    tried(f"{objects} objects")
    try:
        lines = Path("/proc/self/maps").read_text().splitlines()
        with open("/proc/self/mem", "rb", 0) as memory:
            for line in lines:
                reach, rights = line.split()[:2]
                if "r" in rights and "[v" not in line:
                    _search(memory, *(int(end, 16) for end in reach.split("-")))
        tried(f"{len(lines)} pieces of memory")
    except OSError as error:
        tried(f"/proc/self/mem: {error}")


def _search(memory, start: int, end: int) -> None:
    while start < end:
        try:
            memory.seek(start)
            piece = memory.read(min(end - start, 1 << 24))
        except OSError:
            return
        if SECRET.search(piece):
            broken(f"memory at {start:x}")
        start += len(piece) or 4096


dag = attack(work)
