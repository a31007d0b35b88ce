"""A small course with pages and a lab, and a server for it as the command starts one."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import nbformat
import psutil
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.course import copy_course

__all__ = ["SLUG", "Study", "environment", "family", "make_course", "studying", "temporary", "until"]

ROOT = Path(__file__).parents[2]
SLUG = "01-tell-someone"
PATIENCE = 40.0


def make_course(folder: Path) -> Path:
    """The tests' course with what a site needs, and a lesson with a lab."""
    root = copy_course(folder)
    shutil.copytree(ROOT / "docs" / "assets", root / "docs" / "assets")
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    for key in ("nav", "not_in_nav", "hooks"):
        settings.pop(key, None)
    (root / "mkdocs.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    (root / "docs" / "index.md").write_text(
        f'# A small course\n\n<a class="md-button" data-open="{SLUG}/lab.ipynb" href="./">Open the lab</a>\n',
        encoding="utf-8",
    )
    lesson = root / "lessons" / SLUG
    lesson.mkdir(parents=True)
    (lesson / "index.md").write_text(
        f"---\nminutes: 5\n---\n\n# Telling\n\n## Why {{#why}}\n\nBecause somebody has to know.\n\n"
        f'<a class="md-button" '
        f'data-open="{SLUG}/lab.ipynb" href="../../docs/index.md">Open the lab</a>\n',
        encoding="utf-8",
    )
    lab = new_notebook(
        cells=[
            new_markdown_cell("# Telling, tried\n\nRead [why](index.md#why) first.", id="title"),
            new_code_cell("print('the lab', 6 * 7)", id="answer"),
        ]
    )
    nbformat.write(lab, lesson / "lab.ipynb")
    return root


@dataclass
class Study:
    """A running server. ``url`` ends with its base URL."""

    process: subprocess.Popen[str]
    said: str
    url: str
    token: str
    work: Path
    home: Path

    @property
    def base(self) -> str:
        return httpx.URL(self.url).path

    def address(self, path: str = "") -> str:
        return self.url + path

    def get(self, path: str, *, token: bool = True, **options: object) -> httpx.Response:
        return self.ask("GET", path, token=token, **options)

    def ask(self, method: str, path: str, *, token: bool = True, **options: object) -> httpx.Response:
        headers = {**({"Authorization": f"token {self.token}"} if token else {})}
        headers |= options.pop("headers", {})  # type: ignore[arg-type]
        return httpx.request(method, self.url + path, headers=headers, timeout=30, **options)  # type: ignore[arg-type]

    def page(self, path: str) -> httpx.Response:
        """A page of the course, once they have been made."""
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self.get(f"course/{path}", headers={"Accept": "text/html"})
            if (
                answer.status_code == 500
                or answer.headers.get("Cache-Control") != "no-store"
                or time.monotonic() > deadline
            ):
                return answer
            time.sleep(0.2)

    def stop(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        """The exit code, and all that was said in the terminal."""
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, self.said + rest


def environment(course: Path, work: Path, home: Path) -> dict[str, str]:
    home.mkdir(exist_ok=True)
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("AUTOGRADER_", "JUPYTER", "IPYTHON", "XDG_"))
        and key not in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")
    }
    named = {"AUTOGRADER_COURSE": str(course), "AUTOGRADER_WORK": str(work)}
    return {**kept, **named, "HOME": str(home), "TMPDIR": str(temporary(work))}


def temporary(work: Path) -> Path:
    """Where a server for this work folder puts what is temporary."""
    folder = work.parent / "temporary"
    folder.mkdir(exist_ok=True)
    return folder


def start(course: Path, work: Path, *options: str, browser: Path | None = None) -> Study:
    """Start a server and wait for its address.

    :param browser: the program that opens pages; without one, none is opened.

    :raises AssertionError: when it ends before it says one.
    """
    home = work.parent / "home"
    process = subprocess.Popen(
        [sys.executable, "-m", "autograder", "study", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**environment(course, work, home), **({"BROWSER": f"{browser} %s"} if browser else {})},
        cwd=work.parent,
        start_new_session=True,
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C" in line:
            break
    found = re.search(r"(http://\S+?/)course/\?token=(\S+)", said)
    if found is None:
        process.kill()
        raise AssertionError(f"The server did not say where it is:\n{said}")
    return Study(process, said, found[1], found[2], work, home)


@contextmanager
def studying(course: Path, work: Path, *options: str, browser: Path | None = None) -> Iterator[Study]:
    study = start(course, work, *options, browser=browser)
    try:
        yield study
    finally:
        if study.process.poll() is None:
            study.stop()


def family(work: Path) -> list[psutil.Process]:
    """Every process that was started for this work folder, whoever is its parent now."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get("AUTOGRADER_WORK") == str(work):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


def until(condition: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
