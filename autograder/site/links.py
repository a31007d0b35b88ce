"""Links that work in the repository, made to work on the site."""

from __future__ import annotations

import difflib
import posixpath
import re
from urllib.parse import unquote, urlsplit

from autograder.catalog import Exercise
from autograder.checks.spec import CheckSpec
from autograder.site import markdown
from autograder.site.contents import Contents
from autograder.site.problem import SiteError

__all__ = ["Links"]

_SNIPPET = re.compile(r"^\s*-{1,}8<-{1,}\s+(?P<quote>[\"'])(?P<name>.+?)(?P=quote)\s*$")
_SPOILT = re.compile(r"^\s*-+\s*8\s*<\s*-+\s*[\"']")
_LEFT_OUT = "(This copy of the course has no solutions.)"
_OPEN = re.compile(r"""data-open=["']([^"']*)["']""")


class Links:
    """The links of all pages; it keeps in mind which files have to be published with them."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._anchors: dict[str, set[str]] = {}
        self.files: dict[str, str] = {}
        """Files of the course that pages link to, and where each is published."""

    def page(self, source: str) -> str:
        """The text of a file of the course, its links pointing to pages.

        :raises SiteError: for a link, a snippet or a notebook that is not there.
        """
        text = (self._contents.root / source).read_text(encoding="utf-8")
        page = self._contents.pages[source]
        done = []
        for line in markdown.lines(text):
            if self._is_left_out(line):
                done.append(_LEFT_OUT)
                continue
            self._check_snippet(source, line)
            if not line.prose:
                done.append(line.text)
                continue
            for target in markdown.loaded(line.text):
                if urlsplit(target).netloc:
                    said = f"{target} would be loaded from another host; put it into the course."
                    raise SiteError(said, source, line.number)
            for name in _OPEN.findall(line.text):
                self._check_notebook(source, line.number, name)

            def change(target: str, html: bool, number: int = line.number) -> str | None:
                return self._changed(source, page, number, target, html)

            done.append(markdown.rewritten(line.text, change))
        return "\n".join(done)

    def _changed(self, source: str, page: str, line: int, target: str, html: bool) -> str | None:
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            return target
        if not parts.path:
            self._check_anchor(source, line, source, parts.fragment)
            return target
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), unquote(parts.path)))
        if parts.path.startswith("/") or path.startswith(".."):
            raise SiteError(f"the link to {target} leads out of the course.", source, line)
        place = self._place(source, line, path)
        if place is None:
            return None
        if parts.fragment and path in self._contents.pages:
            self._check_anchor(source, line, path, parts.fragment)
        found = _url(page, place) if html else posixpath.relpath(place, posixpath.dirname(page) or ".")
        return f"{found}#{parts.fragment}" if parts.fragment else found

    def _place(self, source: str, line: int, path: str) -> str | None:
        """Where on the site a file is; None for a solution that this course does not have."""
        page = self._contents.page_of(path)
        if page is not None:
            return page
        top, _, rest = path.partition("/")
        if top == "solutions" and rest.partition("/")[0] in self._contents.exercises:
            return None
        file = self._contents.root / path
        if not file.is_file():
            raise SiteError(
                f"the link to {path} leads nowhere{self._advice(path, file.is_dir())}.", source, line
            )
        if path.startswith("docs/"):
            return path.removeprefix("docs/")
        self.files[path] = path if path.startswith("lessons/") else f"files/{path}"
        return self.files[path]

    def _advice(self, path: str, is_folder: bool) -> str:
        if is_folder:
            return ": it is a folder without a page"
        top, _, rest = path.partition("/")
        slugs = {"lessons": list(self._contents.lessons), "exercises": list(self._contents.exercises)}
        known = slugs.get(top)
        slug = rest.partition("/")[0]
        if known is None or slug in known:
            return ""
        near = difflib.get_close_matches(slug, known, n=1)
        meant = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known) or 'none yet'}"
        return f": there is no {top.removesuffix('s')} {slug}{meant}".removesuffix(".")

    def section(self, exercise: Exercise, check: CheckSpec) -> str | None:
        """The way from an exercise's page to where the lesson teaches what a check asks; None if there is no lesson.

        :raises SiteError: when the lesson has no such section.
        """
        if check.lesson is None or check.section is None:
            return None
        place = f"exercises/{exercise.slug}/checks.py"
        self._check_anchor(place, check.line, f"lessons/{check.lesson}/index.md", check.section)
        return f"../../{check.docs}"

    def _check_anchor(self, source: str, line: int, target: str, anchor: str) -> None:
        if target not in self._anchors:
            text = (self._contents.root / target).read_text(encoding="utf-8")
            self._anchors[target] = markdown.anchors(text)
        if anchor and unquote(anchor) not in self._anchors[target]:
            where = "this page" if target == source else target
            raise SiteError(
                f"the link to #{anchor} leads nowhere: {where} has no such heading or id.", source, line
            )

    def _is_left_out(self, line: markdown.Line) -> bool:
        """Whether the line shows a file of a solution that this course does not have."""
        found = _SNIPPET.match(line.text)
        top, _, rest = found["name"].partition("/") if found else ("", "", "")
        exercise = self._contents.exercises.get(rest.partition("/")[0])
        return top == "solutions" and exercise is not None and not exercise.solution.is_dir()

    def _check_snippet(self, source: str, line: markdown.Line) -> None:
        found = _SNIPPET.match(line.text)
        if found is None:
            if _SPOILT.match(line.text):
                raise SiteError(
                    'this is no snippet; write `--8<-- "path"`, blanks as here.', source, line.number
                )
            return
        name, _, section = found["name"].partition(":")
        file = self._contents.root / name
        if not file.is_file():
            raise SiteError(
                f"the snippet {name} is not there: a path begins at the course's folder.", source, line.number
            )
        if section and not section[0].isdigit() and section[0] != ":":
            text = file.read_text(encoding="utf-8")
            for end in ("start", "end"):
                if f"--8<-- [{end}:{section}]" not in text:
                    raise SiteError(f"{name} has no marker `--8<-- [{end}:{section}]`.", source, line.number)

    def _check_notebook(self, source: str, line: int, name: str) -> None:
        slug, _, file = name.partition("/")
        exercise, lesson = self._contents.exercises.get(slug), self._contents.lessons.get(slug)
        if exercise is None and lesson is None:
            known = ", ".join(sorted({*self._contents.exercises, *self._contents.lessons}))
            raise SiteError(
                f"`data-open` names {slug}, which is no exercise or lesson; there are {known}.", source, line
            )
        files = [*(("exercise.ipynb", *exercise.files) if exercise else ())]
        if lesson and (lesson.folder / "lab.ipynb").is_file():
            files.append("lab.ipynb")
        if file not in files:
            raise SiteError(
                f"`data-open` names {name}; of {slug} can be opened: {', '.join(files) or 'nothing'}.",
                source,
                line,
            )


def _url(page: str, place: str) -> str:
    """The relative address of a page or file, as seen from the address of a page."""
    return posixpath.relpath(_address(place) or ".", _address(page) or ".") + (
        "/" if place.endswith(".md") else ""
    )


def _address(place: str) -> str:
    if not place.endswith(".md"):
        return place
    return posixpath.dirname(place) if posixpath.basename(place) == "index.md" else place.removesuffix(".md")
