"""Leaves links, pipes and devices where the grader looks for files: it must list them, and follow none."""

import os
from pathlib import Path

from airflow_attack import attack, refused, targets, tried


def work() -> None:
    for folder in (os.getcwd(), os.environ["TMPDIR"]):
        os.chdir(folder)
        for number, target in enumerate(
            (*targets["files"], "/etc/shadow", "/proc/self/mem", "/dev/zero", "/")
        ):
            os.symlink(target, f"link{number}")
        os.symlink("loop", "loop")
        os.mkfifo("pipe")
        refused("a device", os.mknod, "device", 0o020666, os.makedev(1, 5))
        for target in (*targets["files"], "/etc/passwd", os.__file__):
            refused(f"a hard link to {target}", os.link, target, "hard")
        os.mkdir("folder")
        os.symlink("/", "folder/root")
        refused("to move its folder away", os.rename, folder, f"{targets['writable']}/hostile-plant")
    tried("links")
    # What the grader knows by name is a link, too, when it looks again.
    for path in Path(os.environ["TMPDIR"]).glob("*.tmp"):
        path.unlink()
        path.symlink_to(targets["files"][0])


dag = attack(work)
