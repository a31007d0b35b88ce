"""Writes where it has no business: packages, the interpreter, its own DAG file, the system, other people's files."""

import os
import site
import sys
from pathlib import Path

import airflow
from airflow_attack import attack, refused, targets

import autograder
import coursekit

MARK = "hostile-plant"


def work() -> None:
    own = Path(__file__)
    folders = {
        *site.getsitepackages(),
        os.path.dirname(os.__file__),
        f"{os.path.dirname(os.__file__)}/__pycache__",
        str(Path(airflow.__file__).parent),
        str(Path(autograder.__file__).parent),
        str(Path(autograder.__file__).parent / "jail/__pycache__"),
        str(Path(coursekit.__file__).parent),
        str(own.parent),
        str(Path(sys.executable).parent),
        os.environ["AIRFLOW_HOME"],
        "/", "/etc", "/usr/lib", "/usr/local/bin", "/dev", "/run", "/var/tmp", "/proc", "/sys", "/opt", "/home",
        targets["course"], targets["scratch"], targets["work"], targets["writable"],
    }  # fmt: skip
    for folder in sorted(folders):
        refused(f"a file in {folder}", _write, Path(folder, f"{MARK}.pth"))
    for path in (own, own.with_name("airflow_attack.py"), *map(Path, targets["files"]), Path("/etc/passwd")):
        refused(f"append to {path}", _append, path)
    refused("remove its own DAG file", os.unlink, own)
    refused("move its own folder", os.rename, own.parent, f"{own.parent}-moved")
    refused("change the rights of its own DAG file", _rights, own)


def _write(path: Path) -> None:
    path.write_text("import this\n")
    path.unlink()


def _rights(path: Path) -> None:
    path.chmod(0o666)
    if path.stat().st_mode & 0o777 != 0o666:
        raise OSError("as if it had worked")


def _append(path: Path) -> None:
    with path.open("a") as file:
        file.write("# was here\n")


dag = attack(work)
