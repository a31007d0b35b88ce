"""A fresh clone of this repository, and the course opened from it as the README says."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

__all__ = ["ROOT", "Opened", "clone", "free_port", "opened", "ours"]

ROOT = Path(__file__).parents[2]


def clone(folder: Path) -> Path:
    """What a stranger has after ``git clone``: what is committed, and nothing else."""
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, folder], check=True)
    return folder


@dataclass
class Opened:
    """A course that is open. ``address`` is what the terminal says, with the token."""

    process: subprocess.Popen[str]
    address: str
    work: Path
    said: str = ""
    seen: dict[int, psutil.Process] = field(default_factory=dict)

    def look(self) -> None:
        """Remember every process that is there now."""
        for one in ours(self.work):
            self.seen[one.pid] = one

    def stop(self) -> int:
        """Ctrl-C, as a terminal sends it; the exit code."""
        self.look()
        os.killpg(self.process.pid, signal.SIGINT)
        rest, _ = self.process.communicate(timeout=60)
        self.said += rest
        return self.process.returncode


@contextmanager
def opened(command: list[str], cwd: Path, work: Path, **environment: str) -> Iterator[Opened]:
    """Run what opens the course, wait for its address; whatever happens, it is stopped.

    The machine has an empty home, and no browser of its own.
    """
    home = Path(tempfile.mkdtemp(prefix="home-", dir="/tmp"))
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(
            ("AUTOGRADER_", "AIRFLOW", "JUPYTER", "IPYTHON", "PYTHON", "XDG_", "VIRTUAL_ENV")
        )
        and key not in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "MAKEFLAGS", "MAKELEVEL")
    }
    # The packages that are on the machine already need not come over the network again.
    caches = {
        "UV_CACHE_DIR": str(Path.home() / ".cache" / "uv"),
        "PIP_CACHE_DIR": str(Path.home() / ".cache" / "pip"),
    }
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env={**caches, **kept, "HOME": str(home), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield _wait(process, work)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        shutil.rmtree(home, ignore_errors=True)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number: int = listening.getsockname()[1]
    return number


def ours(work: Path) -> list[psutil.Process]:
    """Every process that has to do with this work folder: started for it, or started from such a one."""
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        try:
            named = str(work) in (*process.environ().values(), process.cwd(), *process.cmdline())
            if named and process.pid != os.getpid():
                found |= {one.pid: one for one in (process, *process.children(recursive=True))}
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return list(found.values())


def _wait(process: subprocess.Popen[str], work: Path) -> Opened:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C" in line:
            break
    found = re.search(r"http://127\.0\.0\.1:\S+", said)
    assert found, f"It did not say where the course is:\n{said}"
    return Opened(process, found[0], work, said)
