"""A shell in this process over the small course and made-up evidence, and real kernels over the real course."""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel
from traitlets.config import Config

from autograder.airflow33 import database
from autograder.jupyter import asking, magics
from tests.cli.conftest import FakePool
from tests.course import copy_course

ROOT = Path(__file__).resolve().parents[2]
SLUG = "01-tell-someone"
STUDIED = "/user/learner/"
"""The base URL that the study server tells the kernels."""


@dataclass(frozen=True)
class Shown:
    """What a cell left below itself."""

    outputs: list[dict[str, Any]]
    value: Any = None
    error: BaseException | None = None
    stderr: str = ""
    stdout: str = ""
    seconds: float = 0.0

    @property
    def bundle(self) -> dict[str, str]:
        """The last output, as it stands in the end."""
        data: dict[str, str] = self.outputs[-1]
        return data

    @property
    def html(self) -> str:
        return self.bundle["text/html"]

    @property
    def text(self) -> str:
        return self.bundle["text/plain"]


@dataclass
class Notebook:
    """A shell of this process, with the extension loaded."""

    shell: InteractiveShell
    course: Path
    pool: FakePool
    capture: pytest.CaptureFixture[str]
    welcome: Shown = field(default_factory=lambda: Shown([]))

    @property
    def file(self) -> Path:
        return self.course / "work" / SLUG / "dag.py"

    def __call__(self, code: str) -> Shown:
        publisher: Any = self.shell.display_pub
        publisher.outputs.clear()
        self.capture.readouterr()
        done = self.shell.run_cell(code)
        out, err = self.capture.readouterr()
        out = re.sub(r"^Out\[\d+\]: ", "", out)  # a prompt that a kernel does not print
        outputs = [dict(one["data"]) for one in publisher.outputs]
        return Shown(outputs, done.result, done.error_in_exec or done.error_before_exec, err, out)


@pytest.fixture
def notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Notebook]:
    course = copy_course(tmp_path)
    (course / "work" / SLUG).mkdir(parents=True)
    monkeypatch.chdir(course / "work" / SLUG)
    for name in ("AUTOGRADER_WORK", "AUTOGRADER_COURSE", "AUTOGRADER_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    pool = FakePool()
    monkeypatch.setattr("autograder.session.open_pool", lambda work, jobs, on_remark, layer=None: pool)
    monkeypatch.setattr(asking, "_waiting", [])
    config = Config()
    config.HistoryManager.enabled = False
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=config)
    monkeypatch.setattr(shell, "display_pub", CapturingDisplayPublisher())
    made = Notebook(shell, course, pool, capsys)
    made.welcome = made("%load_ext autograder")
    try:
        yield made
    finally:
        magics._keeper.close()
        InteractiveShell.clear_instance()


@dataclass
class Kernel:
    """A kernel as a notebook has one."""

    manager: KernelManager
    client: BlockingKernelClient
    work: Path

    @property
    def process(self) -> psutil.Process:
        provisioner: Any = self.manager.provisioner
        return psutil.Process(provisioner.pid)

    def __call__(
        self, code: str, *, timeout: float = 120, meanwhile: Callable[[], None] | None = None
    ) -> Shown:
        places: list[tuple[str | None, dict[str, Any]]] = []
        streams = {"stdout": "", "stderr": ""}
        errors: list[Any] = []

        def hear(message: dict[str, Any]) -> None:
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                streams[content["name"]] += content["text"]
            elif kind == "error":
                errors.append(content)
            elif kind in ("display_data", "execute_result"):
                places.append((content.get("transient", {}).get("display_id"), content["data"]))
            elif kind == "update_display_data":
                wanted = content["transient"]["display_id"]
                places[:] = [(i, content["data"] if i == wanted else data) for i, data in places]

        if meanwhile is not None:
            threading.Timer(1.5, meanwhile).start()
        began = time.monotonic()
        self.client.execute_interactive(code, output_hook=hear, timeout=timeout, allow_stdin=False)
        seconds = time.monotonic() - began
        error = RuntimeError(errors[0]["ename"]) if errors else None
        return Shown([data for _, data in places], None, error, streams["stderr"], streams["stdout"], seconds)


@pytest.fixture
def start_kernel(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Kernel]]:
    """Starts kernels in a notebook's folder of the real course; the database is not made anew for them."""
    work = tmp_path / "work"
    folder = work / "01-anatomy-of-a-failure"
    folder.mkdir(parents=True)
    template = database.template(cache)
    (work / ".cache").mkdir()
    shutil.copy(template, work / ".cache" / template.name)
    monkeypatch.setenv("AUTOGRADER_COURSE", str(ROOT))
    monkeypatch.setenv("AUTOGRADER_WORK", str(work))
    monkeypatch.setenv("AUTOGRADER_BASE_URL", STUDIED)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    started: list[Kernel] = []

    def start() -> Kernel:
        manager, client = start_new_kernel(kernel_name="python3", cwd=str(folder))
        started.append(Kernel(manager, client, work))
        return started[-1]

    yield start
    for kernel in started:
        kernel.client.stop_channels()
        kernel.manager.shutdown_kernel(now=True)
