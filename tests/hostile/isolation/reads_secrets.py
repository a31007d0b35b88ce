"""Reads solutions, checks, other people's submissions, the grader's own files and the system's.

---
quick = true
"""

import os
from pathlib import Path

from airflow_attack import attack, broken, refused, targets, tried


def work() -> None:
    course, scratch, home = Path(targets["course"]), Path(targets["scratch"]), Path(targets["work"])
    for path in targets["files"]:
        refused(f"read {path}", lambda path=path: Path(path).read_text())
    for path in (
        course / "solutions/01-anatomy-of-a-failure/dag.py",
        course / "exercises/01-anatomy-of-a-failure/checks.py",
        course / "pyproject.toml",
        course / "tests/hostile/bait.py",
        scratch / "control-0/airflow.db",
        scratch / "host.log",
        scratch / ".owner",
        home / "driver.log",
        Path("/etc/shadow"),
        Path("/root/.bashrc"),
        Path("/var/log/dpkg.log"),
        Path("/proc/1/environ"),
    ):
        refused(f"read {path}", lambda path=path: path.read_bytes()[:40])
    for folder in (
        course / "solutions",
        course / "exercises",
        course / ".git",
        home,
        Path("/home"),
        Path("/srv"),
    ):
        try:
            if names := os.listdir(folder):
                broken(f"list {folder}: {names[:3]}")
        except OSError as error:
            tried(f"list {folder}: {error}")


dag = attack(work)
