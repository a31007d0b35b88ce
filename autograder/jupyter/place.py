"""Where a notebook is: its course, its folder, and the site beside it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from autograder.course import Course

__all__ = ["LAB_FILE", "folder_of_notebook", "site"]

LAB_FILE = "lab_dag.py"
"""What a run without an exercise is saved as, beside the notebook: Airflow's own pages show it there."""
_ELSEWHERE = "lab"


def folder_of_notebook(course: Course, here: Path | None = None) -> str:
    """The folder of the work folder that belongs to this notebook: that which it is in, or one of its name.

    :param here: a kernel starts in the folder of its notebook.
    """
    try:
        here = (here or Path.cwd()).resolve()
    except FileNotFoundError:
        return _ELSEWHERE
    work = course.work.resolve()
    if here != work and here.is_relative_to(work):
        first = here.relative_to(work).parts[0]
        return _ELSEWHERE if first.startswith(".") else first
    is_lesson = any((course.root / kind / here.name).is_dir() for kind in ("lessons", "exercises"))
    return here.name if is_lesson else _ELSEWHERE


def site(environment: Mapping[str, str] = os.environ) -> str:
    """The address of the course's site where a study server serves it; empty elsewhere."""
    base = environment.get("AUTOGRADER_BASE_URL")
    return (
        f"{base.rstrip('/')}/course/" if base and base.startswith("/") and not base.startswith("//") else ""
    )
