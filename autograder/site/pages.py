"""All pages as plain Markdown, in a folder: the step that knows no theme."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from autograder.site import contents as reading
from autograder.site import markdown
from autograder.site.contents import Contents
from autograder.site.exercises import exercise_page, solution_page
from autograder.site.generated import BLOCKS
from autograder.site.lessons import lesson_page
from autograder.site.links import Links
from autograder.site.problem import SiteError

__all__ = ["write"]

_BLOCK = re.compile(r"^<!-- generated: (.+?) -->$")


def write(root: Path, folder: Path) -> Contents:
    """Write the pages of the course in ``root`` to ``folder``, and the files that they link to.

    :raises SiteError: with the file and the line that must be mended.
    """
    contents = reading.read(root)
    links = Links(contents)
    for source, page in contents.pages.items():
        if source != "README.md":
            _put(folder / page, _page(contents, links, source))
    for path in contents.own:
        _copy(path, folder / path.relative_to(root / "docs"))
    for file, place in links.files.items():
        _copy(root / file, folder / place)
    return contents


def _page(contents: Contents, links: Links, source: str) -> str:
    kind, _, slug = source.partition("/")
    slug = slug.partition("/")[0]
    if kind == "lessons":
        return lesson_page(contents, links, contents.lessons[slug])
    if kind == "exercises":
        return exercise_page(contents, links, contents.exercises[slug])
    if kind == "solutions":
        return solution_page(contents, links, contents.exercises[slug])
    text = links.page(source)
    done = []
    for line in markdown.lines(text):
        found = _BLOCK.match(line.text) if line.prose else None
        if found is None:
            done.append(line.text)
        elif found[1] in BLOCKS:
            done.append(BLOCKS[found[1]](contents, contents.pages[source]))
        else:
            raise SiteError(
                f"nothing generates `{found[1]}`; there are {', '.join(BLOCKS)}.", source, line.number
            )
    return "\n".join(done)


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _copy(path: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, to)
