"""The catalog: what exercises there are, and what each one asks. Imports no learner code, and no Airflow."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from autograder.checks.loading import ChecksError, load_checks
from autograder.checks.spec import CheckSpec
from autograder.evidence import Problem
from autograder.limits import Limits
from autograder.records import Record
from autograder.scenario import Scenario

__all__ = ["Catalog", "CatalogError", "Exercise", "Part", "load", "load_exercise"]

Kind = Literal["smtp", "slack", "slack_api", "monitoring"]


class CatalogError(Exception):
    """An exercise that is not there, or that its teacher must mend. The text is a sentence."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(" ".join(filter(None, (problem.title, problem.detail, problem.advice))))
        self.problem = problem


def _file_name(value: str) -> str:
    path = PurePosixPath(value)
    if not value or path.is_absolute() or ".." in path.parts or path.as_posix() != value:
        raise ValueError(f"{value!r} is not a plain relative file name")
    return value


class Part(Record):
    """A numbered piece of an exercise."""

    id: str = Field(min_length=1)
    title: str = Field(min_length=1)
    points: int = Field(ge=1, strict=True)
    bonus: bool = False


class _File(Record):
    """``exercise.toml``."""

    title: str = Field(min_length=1)
    lesson: str
    minutes: int = Field(ge=1, strict=True)
    dag_id: str | None = None
    files: list[Annotated[str, BeforeValidator(_file_name)]] = Field(min_length=1)
    connections: dict[str, Kind] = {}
    plugins: Annotated[str, BeforeValidator(_file_name)] | None = None
    limits: Limits = Limits()
    parts: list[Part] = Field(min_length=1)

    @model_validator(mode="after")
    def _no_twins(self) -> _File:
        for name, values in (("parts", [part.id for part in self.parts]), ("files", self.files)):
            if twins := sorted({value for value in values if values.count(value) > 1}):
                raise ValueError(f"`{name}` has {twins[0]!r} twice")
        return self


@dataclass(frozen=True)
class Exercise:
    """One graded unit. Its scenarios and checks are read from their file when first asked for."""

    number: int
    slug: str
    folder: Path
    title: str
    lesson: str
    minutes: int
    dag_id: str | None
    files: tuple[str, ...]
    connections: dict[str, str]
    plugins: Path | None
    """A folder of Airflow plugins that it supplies."""
    limits: Limits
    parts: tuple[Part, ...]

    @cached_property
    def _questions(self) -> tuple[dict[str, Scenario], list[CheckSpec]]:
        try:
            return load_checks(
                self.folder / "checks.py",
                {part.id: part.bonus for part in self.parts},
                self.lesson if self.lesson_page.is_file() else None,
            )
        except ChecksError as error:
            raise CatalogError(error.problem) from error

    @property
    def scenarios(self) -> dict[str, Scenario]:
        """Every scenario that ``checks.py`` declares, by name."""
        return self._questions[0]

    @property
    def checks(self) -> list[CheckSpec]:
        """In the order of ``checks.py``."""
        return self._questions[1]

    @property
    def readme(self) -> Path:
        return self.folder / "README.md"

    @property
    def lesson_page(self) -> Path:
        """The lesson that teaches what it asks, which may not be there."""
        return self.folder.parent.parent / "lessons" / self.lesson / "index.md"

    @property
    def starter(self) -> Path:
        return self.folder / "starter"

    @property
    def solution(self) -> Path:
        """The folder of its solutions, which may not be there: learners need not have it."""
        return self.folder.parent.parent / "solutions" / self.slug

    @cached_property
    def digest(self) -> str:
        """A short hash of the exercise's own files."""
        found = hashlib.sha256()
        for path in sorted(path for path in self.folder.rglob("*") if path.is_file()):
            name = path.relative_to(self.folder)
            if "__pycache__" not in name.parts and not name.name.startswith("."):
                content = path.read_bytes()
                found.update(f"{name.as_posix()}\0{len(content)}\0".encode() + content)
        return found.hexdigest()[:16]


class Catalog:
    """The exercises of one course. Listing them reads no ``checks.py``."""

    def __init__(self, root: Path, folders: dict[str, Path]) -> None:
        self.root = root
        self._folders = folders

    @property
    def slugs(self) -> list[str]:
        return list(self._folders)

    @property
    def exercises(self) -> list[Exercise]:
        """All of them, in order.

        :raises CatalogError: when an ``exercise.toml`` is not as it must be.
        """
        return [load_exercise(folder) for folder in self._folders.values()]

    def __iter__(self) -> Iterator[Exercise]:
        return iter(self.exercises)

    def find(self, name: str) -> Exercise:
        """The exercise of this number, slug or unambiguous piece of a slug, its checks read.

        :raises CatalogError: when there is none, or several, with what it could be; or it must be mended.
        """
        exercise = load_exercise(self._folders[self._slug(name)])
        _ = exercise.checks
        return exercise

    def _slug(self, name: str) -> str:
        wanted = name.strip().strip("/").lower()
        if wanted in self._folders:
            return wanted
        if wanted.isdigit():
            matches = [slug for slug in self._folders if _number(slug) == int(wanted)]
        else:
            matches = [slug for slug in self._folders if wanted and wanted in slug]
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise CatalogError(
                Problem(title=f"{name!r} could be {_either(matches)}.", advice="Say a little more.")
            )
        raise CatalogError(Problem(title=f"There is no exercise {name!r}.", advice=self._advice(wanted)))

    def _advice(self, wanted: str) -> str:
        words: dict[str, str] = {}
        for slug in self._folders:
            bare = slug.partition("-")[2]
            words.update(dict.fromkeys((*bare.split("-"), bare, slug), slug))
        near = difflib.get_close_matches(wanted, words, n=1, cutoff=0.6)
        if near:
            return f"Did you mean {words[near[0]]}?"
        return f"There are {', '.join(self._folders)}." if self._folders else ""


def load(root: Path) -> Catalog:
    """The catalog of the course in this folder.

    :raises CatalogError: when it has no exercises, or two of one number.
    """
    found = sorted(path.parent for path in (root / "exercises").glob("*/exercise.toml"))
    if not found:
        raise CatalogError(Problem(title=f"There are no exercises in {root / 'exercises'}."))
    folders: dict[int, Path] = {}
    for folder in found:
        number = _number(folder.name)
        if number is None:
            title = f"{folder} is not named as an exercise is: two digits, a hyphen, words."
            raise CatalogError(Problem(title=title, file=str(folder)))
        if number in folders:
            raise CatalogError(
                Problem(title=f"Two exercises have number {number}: {folders[number]}, {folder}.")
            )
        folders[number] = folder
    return Catalog(root, {folder.name: folder for _, folder in sorted(folders.items())})


def load_exercise(folder: Path) -> Exercise:
    """One exercise, from its folder.

    :raises CatalogError: naming the file and the key that must be mended.
    """
    path = folder / "exercise.toml"
    try:
        file = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CatalogError(Problem(title=f"{path} cannot be read: {error}", file=str(path))) from error
    except ValidationError as error:
        raise CatalogError(_key_problem(path, error)) from error
    return Exercise(
        number=_number(folder.name) or 0,
        slug=folder.name,
        folder=folder,
        title=file.title,
        lesson=file.lesson,
        minutes=file.minutes,
        dag_id=file.dag_id,
        files=tuple(file.files),
        connections=dict(file.connections),
        plugins=_plugins(folder, file.plugins),
        limits=file.limits,
        parts=tuple(file.parts),
    )


def _plugins(folder: Path, name: str | None) -> Path | None:
    if name is None:
        return None
    found = (folder / name).resolve()
    if not found.is_dir():
        path = folder / "exercise.toml"
        raise CatalogError(Problem(title=f"{path}: `plugins`: there is no folder {name}.", file=str(path)))
    return found


def _number(slug: str) -> int | None:
    match = re.fullmatch(r"(\d\d)-[a-z0-9]+(?:-[a-z0-9]+)*", slug)
    return int(match[1]) if match else None


def _either(slugs: list[str]) -> str:
    return f"{', '.join(slugs[:-1])} or {slugs[-1]}"


def _key_problem(path: Path, error: ValidationError) -> Problem:
    said = [_key_sentence(one) for one in error.errors()]
    return Problem(
        title=f"{path}: {said[0]}.", detail="".join(f" {more}." for more in said[1:]).strip(), file=str(path)
    )


def _key_sentence(error: Any) -> str:
    key = ""
    for step in error["loc"]:
        key += f"[{step}]" if isinstance(step, int) else f".{step}" if key else str(step)
    if error["type"] == "missing":
        return f"key `{key}` is missing"
    if error["type"] == "extra_forbidden":
        known = {*_File.model_fields, *Limits.model_fields, *Part.model_fields}
        near = difflib.get_close_matches(str(error["loc"][-1]), known, n=1)
        return f"there is no key `{key}`" + (f" (did you mean `{near[0]}`?)" if near else "")
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "model_type":
        message = "Input should be a table"
    if error["type"] not in ("value_error", "too_short"):  # these say themselves what was there
        message += f", not {json.dumps(error['input'], default=str, ensure_ascii=False)}"
    return f"`{key}`: {message[:1].lower()}{message[1:]}" if key else message
