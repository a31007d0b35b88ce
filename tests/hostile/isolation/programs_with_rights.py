"""Runs programs that have more rights than whoever starts them."""

import os
import subprocess
from pathlib import Path

from airflow_attack import attack, broken, tried

WHERE = ("/bin", "/usr/bin", "/sbin", "/usr/sbin", "/usr/local/bin", "/usr/lib/openssh", "/usr/libexec")


def work() -> None:
    found = []
    for folder in map(Path, WHERE):
        try:
            found += [path for path in folder.iterdir() if path.is_file() and path.stat().st_mode & 0o6000]
        except OSError as error:
            tried(f"{folder}: {error}")
    tried(f"{len(found)} programs with rights")
    for command in (
        ["su", "-c", "id -u"],
        ["sudo", "-n", "id", "-u"],
        ["pkexec", "id", "-u"],
        ["newgrp", "root"],
    ):
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=3, stdin=subprocess.DEVNULL, check=False
            )
        except (OSError, subprocess.SubprocessError) as error:
            tried(f"{command[0]}: {error}")
            continue
        tried(f"{command[0]}: {done.returncode} {done.stderr[:80]!r}")
        if done.stdout.strip() == b"0" and os.getuid() != 0:
            broken(f"{command[0]} made it root")


dag = attack(work)
