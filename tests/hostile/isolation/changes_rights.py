"""Changes owners, rights and notes of files that are not its own, by name and by descriptor."""

import os
from pathlib import Path

from airflow_attack import attack, refused, targets


def work() -> None:
    own = Path(__file__)
    for path in (
        *targets["files"],
        targets["writable"],
        targets["course"],
        str(own),
        str(own.parent),
        os.__file__,
    ):
        mode = 0o640
        refused(f"rights of {path}", _rights, path, mode)
        refused(f"owner of {path}", _owner, path)
        refused(f"a note on {path}", os.setxattr, path, "user.hostile-plant", b"x")
        refused(f"rights of {path} by descriptor", _by_descriptor, path, mode)


def _rights(path: str, mode: int) -> str:
    before = os.stat(path).st_mode
    os.chmod(path, mode)
    if os.stat(path).st_mode == before:
        raise OSError("as if it had worked")
    os.chmod(path, before)
    return path


def _owner(path: str) -> str:
    os.chown(path, 65534, 65534)
    if os.stat(path).st_uid != 65534:
        raise OSError("as if it had worked")
    return path


def _by_descriptor(path: str, mode: int) -> str:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        before = os.fstat(descriptor).st_mode
        os.fchmod(descriptor, mode)
        if os.fstat(descriptor).st_mode == before:
            raise OSError("as if it had worked")
        os.fchmod(descriptor, before)
    finally:
        os.close(descriptor)
    return path


dag = attack(work)
