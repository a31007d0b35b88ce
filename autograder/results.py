"""Where results live: ``work/.results/<slug>/<time>/``, holding result.json, evidence/ and submission/."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from autograder import evidence as evidences
from autograder.evidence import Evidence, Problem
from autograder.records import Record
from autograder.result import Result

__all__ = [
    "Best",
    "Draft",
    "ResultError",
    "best",
    "draft",
    "folder_of",
    "latest",
    "load",
    "load_evidence",
    "load_sources",
]

_KEPT = 50
"""Results kept per exercise, the newest, and the best in addition: watch mode makes one on every save."""
_PART = ".part-"


class ResultError(Exception):
    """A stored result that cannot be used. The text is a sentence."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.title)
        self.problem = problem


class Best(Record):
    """The best that a learner has reached in one exercise. Parts may be from different results."""

    score: int | None = None
    """Of a check of the whole exercise; None: there was none yet."""
    max_score: int = 0
    bonus_score: int = 0
    bonus_max_score: int = 0
    folder: str | None = None
    """The name of the result's folder."""
    parts: dict[str, int] = {}
    """Points by part."""

    def with_result(self, result: Result, folder: str) -> Best:
        """This, or what the result makes of it."""
        parts = dict(self.parts)
        for part in result.parts:
            if part.points is not None:
                parts[part.id] = max(part.points, parts.get(part.id, 0))
        known = self.model_copy(update={"parts": parts})
        if "part" in result.extra or result.score is None:
            return known
        rank = (result.score, result.bonus_score or 0)
        if self.score is not None and rank <= (self.score, self.bonus_score):
            return known
        return Best(
            score=result.score,
            max_score=result.max_score,
            bonus_score=result.bonus_score or 0,
            bonus_max_score=result.bonus_max_score,
            folder=folder,
            parts=parts,
        )


@dataclass(frozen=True)
class Draft:
    """A result in the making, invisible until it is kept."""

    folder: Path
    made_at: str

    @property
    def submission(self) -> Path:
        return self.folder / "submission"

    @property
    def evidence(self) -> Path:
        return self.folder / "evidence"

    def keep(self, result: Result) -> Path:
        """Write the document and let the folder appear, all at once; return where it is."""
        (self.folder / "result.json").write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
        slug = self.folder.parent
        kept = slug / _name(self.made_at)
        self.folder.rename(kept)
        found = (best(slug.parent, slug.name) or Best()).with_result(result, kept.name)
        _replace(slug / "best.json", found.model_dump_json(indent=1) + "\n")
        _forget(slug, found.folder)
        return kept


@contextmanager
def draft(store: Path, slug: str) -> Iterator[Draft]:
    """A folder for a new result. Unless it is kept, nothing of it remains, whatever ends the block.

    :raises OSError: when nothing can be written there.
    """
    root = store / slug
    root.mkdir(parents=True, exist_ok=True)
    _sweep(root)
    moment = datetime.now(UTC)
    while (root / _name(moment.isoformat(timespec="microseconds"))).exists():
        moment += timedelta(microseconds=1)
    made_at = moment.isoformat(timespec="microseconds")
    made = Draft(root / f"{_PART}{os.getpid()}-{_name(made_at)}", made_at)
    made.folder.mkdir()
    try:
        made.submission.mkdir()
        made.evidence.mkdir()
        yield made
    finally:
        shutil.rmtree(made.folder, ignore_errors=True)


def folder_of(store: Path, result: Result) -> Path:
    """Where a result that ``grading.check`` returned is stored."""
    return store / result.exercise / _name(result.made_at)


def load(path: Path) -> tuple[Result, Path]:
    """A stored result and its folder. ``path``: the folder, or the ``result.json`` in it.

    :raises ResultError: when there is none, or it is not one of ours.
    """
    file = path / "result.json" if path.is_dir() else path
    try:
        return Result.model_validate_json(file.read_bytes()), file.parent
    except FileNotFoundError:
        title = f"There is no result in {path}: results are in work/.results, by exercise and time."
        raise ResultError(Problem(title=title, file=str(path))) from None
    except OSError as error:
        raise ResultError(
            Problem(title=f"{file} cannot be read: {error.strerror}.", file=str(file))
        ) from error
    except ValidationError as error:
        title = f"{file} is not a result of this version of the grader."
        raise ResultError(
            Problem(title=title, detail=str(error.errors()[0]["msg"]), file=str(file))
        ) from error


def load_evidence(folder: Path, names: list[str]) -> dict[str, Evidence]:
    """The evidence beside a result, by scenario. What is missing or damaged is left out."""
    found = {}
    for name in names:
        try:
            found[name] = evidences.load(folder / "evidence" / f"{name}.json")
        except (OSError, ValidationError):
            continue
    return found


def load_sources(folder: Path) -> dict[str, str]:
    """The texts of what was graded, by file name, beside a result. What is no text is left out."""
    root = folder / "submission"
    found = {}
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        try:
            found[path.relative_to(root).as_posix()] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
    return found


def latest(store: Path, slug: str) -> Path | None:
    """The folder of the newest result of an exercise."""
    folders = _folders(store / slug)
    return folders[-1] if folders else None


def best(store: Path, slug: str) -> Best | None:
    """The best result of an exercise; None if there is none yet. A damaged summary is made anew."""
    root = store / slug
    try:
        return Best.model_validate_json((root / "best.json").read_bytes())
    except (OSError, ValidationError):
        pass
    found = None
    for folder in _folders(root):
        try:
            result, _ = load(folder)
        except ResultError:
            continue
        found = (found or Best()).with_result(result, folder.name)
    return found


def _name(made_at: str) -> str:
    """A moment as the name of a folder, so that names sort as moments do."""
    return datetime.fromisoformat(made_at).strftime("%Y%m%d-%H%M%S-%f")


def _folders(root: Path) -> list[Path]:
    try:
        return sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError:
        return []


def _replace(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _forget(root: Path, spared: str | None) -> None:
    for folder in _folders(root)[:-_KEPT]:
        if folder.name != spared:
            shutil.rmtree(folder, ignore_errors=True)


def _sweep(root: Path) -> None:
    """Remove what a process that was killed left unfinished."""
    for folder in root.glob(f"{_PART}*"):
        owner = folder.name.removeprefix(_PART).partition("-")[0]
        if not owner.isdigit() or not _alive(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True
