"""The lessons: what there is to read, and which runs its pages show."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, field_validator

from autograder.records import Record

__all__ = ["Lesson", "LessonError", "Shown", "load", "load_lesson"]

_FOLDER = re.compile(r"(\d\d)-[a-z0-9]+(?:-[a-z0-9]+)*")
_FRONT = re.compile(r"---\n(.*?)\n---\n", re.S)
_MINUTES = re.compile(r"^minutes:\s*(\d+)\s*$", re.M)
_TITLE = re.compile(r"^# (.+?)(?: +\{.*\})?$", re.M)


class LessonError(Exception):
    """A lesson that its writer must mend. The text is a sentence that says where."""


class Shown(Record):
    """A run that a page shows: what the command says is ``recorded/NAME.txt``, its timeline ``recorded/NAME.svg``."""

    name: Annotated[str, Field(pattern=r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*$")]
    command: str
    """As a learner types it in the lesson's folder."""
    log: bool = False
    """Whether the page also shows what the tasks themselves logged, as Airflow stores it: ``recorded/NAME.json``."""

    @field_validator("command")
    @classmethod
    def _ours(cls, value: str) -> str:
        if not value.startswith("autograder run "):
            raise ValueError("a recorded command is `autograder run …`")
        return value

    @property
    def arguments(self) -> list[str]:
        """What follows the program's name; a backslash at the end of a line goes on in the next."""
        return shlex.split(self.command.replace("\\\n", " "))[1:]


class Lesson(Record):
    """One lesson: ``index.md`` with ``minutes`` in its front matter and one heading of the first level."""

    number: int
    slug: str
    folder: Path
    title: str
    minutes: int
    """To read it and to try it."""
    runs: tuple[Shown, ...]

    @property
    def page(self) -> Path:
        return self.folder / "index.md"

    @property
    def code(self) -> Path:
        """The folder with every snippet of the page."""
        return self.folder / "code"

    @property
    def recorded(self) -> Path:
        """The folder with what the runs showed."""
        return self.folder / "recorded"


def load(root: Path) -> tuple[Lesson, ...]:
    """Every lesson of the course in this folder, in order.

    :raises LessonError: when one cannot be read.
    """
    folders = sorted(folder for folder in (root / "lessons").glob("*") if (folder / "index.md").is_file())
    return tuple(load_lesson(folder) for folder in folders)


def load_lesson(folder: Path) -> Lesson:
    """The lesson in this folder.

    :raises LessonError: when it cannot be read.
    """
    named = _FOLDER.fullmatch(folder.name)
    if named is None:
        raise LessonError(f"{folder}: a lesson's folder is named like 02-failure-callbacks.")
    page = folder / "index.md"
    text = page.read_text(encoding="utf-8")
    front = _FRONT.match(text)
    minutes = _MINUTES.search(front[1]) if front else None
    if minutes is None:
        raise LessonError(f"{page}: it does not begin with a front matter that says `minutes: 50`.")
    title = _TITLE.search(text)
    if title is None:
        raise LessonError(f"{page}: there is no heading `# Title`.")
    return Lesson(
        number=int(named[1]),
        slug=folder.name,
        folder=folder,
        title=title[1],
        minutes=int(minutes[1]),
        runs=_runs(folder / "runs.toml"),
    )


def _runs(path: Path) -> tuple[Shown, ...]:
    if not path.is_file():
        return ()
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        return tuple(Shown(name=name, **table) for name, table in tables.items())
    except tomllib.TOMLDecodeError as error:
        raise LessonError(f"{path}: {error}.") from error
    except (TypeError, ValidationError) as error:
        raise LessonError(f"{path}: every table is a run with a `command`: {error}") from error
