"""Where a notebook is: its course, its folder, and the site beside it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path, PurePath

from autograder.course import Course

__all__ = ["LAB_FILE", "folder_of_notebook", "folder_of_runs", "site"]

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


def folder_of_runs(course: Course, environment: Mapping[str, str] = os.environ) -> str:
    """Where the cells that this notebook only runs are saved, below the work folder.

    A lab's are beside it, where Airflow's own pages find them. In an exercise's notebook they have the DAG that is
    handed in, which Airflow would then find twice: they go where it does not look.
    """
    from autograder.workbooks import EXERCISE

    folder = folder_of_notebook(course)
    notebook = PurePath(environment.get("JPY_SESSION_NAME", "")).name  # set by Jupyter's server
    return f".cache/runs/{folder}" if notebook == EXERCISE else folder


def site(environment: Mapping[str, str] = os.environ) -> str:
    """The address of the course's site where a study server serves it; empty elsewhere."""
    base = environment.get("AUTOGRADER_BASE_URL")
    return (
        f"{base.rstrip('/')}/course/" if base and base.startswith("/") and not base.startswith("//") else ""
    )
