"""Where the course is, and where the learner works."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Course", "CourseError", "find"]


class CourseError(Exception):
    """There is no course, or nowhere to work. The text is a sentence that says what to do."""


@dataclass(frozen=True)
class Course:
    """A folder with exercises, and the folder that everything is written to."""

    root: Path
    work: Path

    @property
    def results(self) -> Path:
        return self.work / ".results"

    def require_work(self) -> None:
        """Make the folder that everything is written to, unless it is there.

        :raises CourseError: when it cannot be made, or written to.
        """
        try:
            self.work.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.work):
                pass
        except OSError as error:
            raise CourseError(
                f"{self.work} cannot be written to: {error.strerror}. "
                "It is where your work and your results go; AUTOGRADER_WORK may name another folder."
            ) from error

    def shown(self, path: Path) -> str:
        """A path as the learner would type it."""
        here = Path.cwd()
        return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def find(here: Path | None = None, environment: Mapping[str, str] = os.environ) -> Course:
    """The course that was named, or that we are in, or that this package is a checkout of.

    :raises CourseError: when there is none.
    """
    try:
        root = _root(here or Path.cwd(), environment)
    except FileNotFoundError:
        raise CourseError("The folder that this shell is in is no longer there: go to another one.") from None
    work = environment.get("AUTOGRADER_WORK")
    return Course(root, Path(work).expanduser().absolute() if work else root / "work")


def _root(here: Path, environment: Mapping[str, str]) -> Path:
    named = environment.get("AUTOGRADER_COURSE")
    if named:
        root = Path(named).expanduser().absolute()
        if not _is_course(root):
            raise CourseError(
                f"AUTOGRADER_COURSE names {root}, which has no folder `exercises` with an exercise in it."
            )
        return root
    checkout = Path(__file__).resolve().parents[1]
    for folder in (here.absolute(), *here.absolute().parents, checkout):
        if _is_course(folder):
            return folder
    raise CourseError("There is no course here: go to its folder, or let AUTOGRADER_COURSE name it.")


def _is_course(folder: Path) -> bool:
    return any((folder / "exercises").glob("*/exercise.toml"))
