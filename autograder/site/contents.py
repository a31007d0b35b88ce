"""What a course holds for its site: its lessons and exercises, its own pages, and which file becomes which page."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autograder import catalog
from autograder import lessons as written
from autograder.catalog import Exercise
from autograder.lessons import Lesson, LessonError
from autograder.site.problem import SiteError

__all__ = ["Contents", "read"]

_SINGLE = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "teachers/contributing.md",
    "CHANGELOG.md": "changelog.md",
}
"""Files at the top that are pages too. The README's page is the home page, which has a text of its own."""


@dataclass(frozen=True)
class Contents:
    """The course as its site sees it. All paths are text, with slashes, from the course's folder."""

    root: Path
    lessons: dict[str, Lesson]
    exercises: dict[str, Exercise]

    @cached_property
    def pages(self) -> dict[str, str]:
        """Which file of the course becomes which page."""
        found = {name: page for name, page in _SINGLE.items() if (self.root / name).is_file()}
        for path in sorted((self.root / "docs").rglob("*.md")):
            found[path.relative_to(self.root).as_posix()] = path.relative_to(self.root / "docs").as_posix()
        for slug in self.lessons:
            found[f"lessons/{slug}/index.md"] = f"lessons/{slug}/index.md"
        for slug in self.exercises:
            found[f"exercises/{slug}/README.md"] = f"exercises/{slug}/index.md"
            if self.has_solution(slug):
                found[f"solutions/{slug}/README.md"] = f"exercises/{slug}/solution.md"
        return found

    @cached_property
    def titles(self) -> dict[str, str]:
        """How the pages of lessons and exercises are called in the menu: by number and title."""
        found = {f"lessons/{slug}/index.md": f"{slug[:2]} {one.title}" for slug, one in self.lessons.items()}
        for slug, exercise in self.exercises.items():
            found[f"exercises/{slug}/index.md"] = f"{exercise.number:02} {exercise.title}"
        return found

    def has_solution(self, slug: str) -> bool:
        """Whether the solution is here, with its explanation: learners need not have it."""
        return (self.root / "solutions" / slug / "README.md").is_file()

    def page_of(self, path: str) -> str | None:
        """The page that shows this file or folder; None if it is no page."""
        top, _, rest = path.partition("/")
        slug = rest.partition("/")[0]
        if top == "solutions":
            return self.pages.get(f"solutions/{slug}/README.md") if slug else "exercises/index.md"
        for name in (path, posixpath.join(path, "index.md"), posixpath.join(path, "README.md")):
            if name in self.pages:
                return self.pages[name]
        if path in ("lessons", "exercises"):
            return f"{path}/index.md"
        return None

    @cached_property
    def own(self) -> list[Path]:
        """Files of ``docs/`` that are no pages, and are published as they are."""
        folder = self.root / "docs"
        return sorted(
            path
            for path in folder.rglob("*")
            if path.is_file() and path.suffix != ".md" and not path.name.startswith(".")
        )


def read(root: Path) -> Contents:
    """Look the course up.

    :raises SiteError: when an exercise or a lesson must be mended first.
    """
    try:
        lessons = {lesson.slug: lesson for lesson in written.load(root)}
        exercises = {exercise.slug: exercise for exercise in catalog.load(root)}
        for exercise in exercises.values():
            _ = exercise.checks
    except (catalog.CatalogError, LessonError) as error:
        raise SiteError(str(error)) from error
    for exercise in exercises.values():
        if not exercise.readme.is_file():
            raise SiteError("an exercise needs a brief, README.md.", f"exercises/{exercise.slug}")
    return Contents(root, lessons, exercises)
