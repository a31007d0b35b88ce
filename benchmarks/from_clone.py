"""How long from nothing to the first green check: a clone, ``make study``, and a person who knows the answer."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.chromium import FLAGS, context_options, find
from tests.walk.clone import clone, free_port, opened
from tests.walk.person import CELL_ENDS, Person

__all__ = ["Beginning", "beginning", "plain_install"]

SLUG = "01-anatomy-of-a-failure"


@dataclass(frozen=True)
class Beginning:
    """Seconds since ``git clone`` began. Packages come from the machine's own caches where they are there."""

    address: float
    """Until the terminal says where the course is."""
    page: float
    """Until the course's first page is seen."""
    green: float
    """Until the card of exercise 01 says "All points."."""


def beginning() -> Beginning:
    """Clone, open, and solve exercise 01 in a headless browser.

    :raises RuntimeError: when there is no Chromium.
    """
    path = find()
    if path is None:
        raise RuntimeError("Chromium is not installed: this figure is that of a browser.")
    with tempfile.TemporaryDirectory(prefix="bench-clone-") as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        began = time.perf_counter()
        course = clone(Path(name, "course"))
        command = ["make", "study", f"ARGS=--no-browser --port {free_port()}"]
        with opened(command, course, course / "work") as running:
            address = time.perf_counter() - began
            page = browser.new_context(**context_options((1400, 1000), dark=False)).new_page()
            person = Person(page, running.address)
            person.opens_the_course()
            seen = time.perf_counter() - began
            person.reads(f"exercises/{SLUG}/")
            notebook = person.opens_the_notebook("Open the notebook")
            notebook.runs(notebook.cell("%load_ext autograder"))
            cell = notebook.cell("%%dag 01")
            answer = (course / "solutions" / SLUG / "dag.py").read_text(encoding="utf-8")
            notebook.writes(cell, f"%%dag 01\n{answer}")
            result = notebook.runs(cell)
            result.get_by_text("All points.").first.wait_for(timeout=1000 * CELL_ENDS)
            green = time.perf_counter() - began
        browser.close()
    return Beginning(address, seen, green)


def plain_install() -> float:
    """Seconds of ``pip install apache-airflow jupyterlab`` in a new environment, which has then checked nothing."""
    with tempfile.TemporaryDirectory(prefix="bench-pip-") as name:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "venv", name], check=True)
        pip = [
            str(Path(name, "bin", "python")),
            "-m",
            "pip",
            "--disable-pip-version-check",
            "install",
            "--quiet",
        ]
        subprocess.run([*pip, "apache-airflow", "jupyterlab"], check=True)
        return time.perf_counter() - began
