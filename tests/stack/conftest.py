"""A Jupyter server with the stack's pages, below a path."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from autograder.stack.processes import sweep
from autograder.stack.shelf import Shelf
from autograder.stack.standing import environments
from tests.stack.jupyter import TOKEN

ROOT = Path(__file__).parents[2]
BASE = "/user/learner/"


@dataclass
class Jupyter:
    """A running server."""

    work: Path
    process: subprocess.Popen[str]
    port: int
    shelf: Shelf = field(init=False)

    def __post_init__(self) -> None:
        self.shelf = Shelf(self.work)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}{BASE}"

    def address(self, path: str) -> str:
        """With the token, which makes the browser known from then on."""
        return f"{self.base}{path}?token={TOKEN}"

    def environment(self, who: str) -> dict[str, str]:
        """The variables by which a component, or ``elsewhere``, finds the stand-ins."""
        file = self.work / ".cache" / "stand-ins" / f"{self.process.pid}.json"
        found = environments({"AUTOGRADER_STAND_INS": str(file)})
        assert found is not None
        return found[who]


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    """One server for a module's tests."""
    work = tmp_path_factory.mktemp("study") / "work"
    work.mkdir()
    home = {"HOME": str(work.parent), "JUPYTER_NO_CONFIG": "1", "IPYTHONDIR": str(work.parent / "ipython")}
    command = [sys.executable, "-m", "tests.stack.jupyter", str(ROOT), str(work), BASE]
    with (work.parent / "log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **home}, stdout=subprocess.PIPE, stderr=log, text=True
        )
    assert process.stdout is not None
    port = process.stdout.readline()
    assert port, (work.parent / "log").read_text()
    yield Jupyter(work, process, int(port))
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    sweep(str(work / ".cache" / "airflow"), 1.0)
