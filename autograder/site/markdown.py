"""Markdown read line by line: which text is prose, which links it has, and which ids it gives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape

from markdown.extensions.toc import slugify  # type: ignore[import-untyped]

__all__ = ["Line", "after_title", "anchors", "code", "lines", "loaded", "rewritten"]

_FENCE = re.compile(r"^(?:\s|>)*(`{3,}|~{3,})(.*)$")
_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
_TITLE = r"""(\s+(?:"[^"]*"|'[^']*'))?"""
_LINKS = (
    re.compile(r"(\]\()<?([^)\s<>]+)>?(" + _TITLE + r"\s*\))"),
    re.compile(r"(^\s{0,3}\[[^\]^][^\]]*\]:\s+)<?([^\s<>]+)>?(" + _TITLE + r"\s*$)"),
)
_UNLINKED = re.compile(r"!?\[((?:[^\[\]]|\[[^\]]*\])*)\]\(\x01\)(?:\{[^}]*\})?")
_ATTRIBUTES = re.compile(r"""(\b(?:href|src|poster|data)=["'])([^"']*)(["'])""")
_LOADED = re.compile(r"""!\[[^\]]*\]\(<?([^)\s<>]+)|\b(?:src|srcset|poster|data)=["']([^"']+)""")
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")
_ID = re.compile(r"""\{:?[^}]*?#([\w.:-]+)[^}]*\}|\bid=["']([^"']+)["']""")
_CURLY = re.compile(r"\s*\{:?[^}]*\}\s*$")


@dataclass(frozen=True)
class Line:
    """One line of a page. ``prose``: it stands outside of fences and of the page's front matter."""

    number: int
    text: str
    prose: bool


def lines(text: str) -> Iterator[Line]:
    """Every line, numbered from 1."""
    fence = ""
    given = text.split("\n")
    front = given.index("---", 1) if given[0] == "---" and "---" in given[1:] else -1
    for number, line in enumerate(given):
        found = _FENCE.match(line)
        if number <= front:
            yield Line(number + 1, line, False)
        elif fence:
            if found and found[1].startswith(fence) and not found[2].strip():
                fence = ""
            yield Line(number + 1, line, False)
        elif found and "`" not in found[2]:
            fence = found[1]
            yield Line(number + 1, line, False)
        else:
            yield Line(number + 1, line, True)


def rewritten(line: str, change: Callable[[str, bool], str | None]) -> str:
    """A line of prose with every link changed; what stands in backticks stays.

    ``change`` gets the target, and whether it is an attribute of HTML; None in return takes the link away and
    leaves its words.
    """
    spans: list[str] = []

    def hide(found: re.Match[str]) -> str:
        spans.append(found[0])
        return f"\0{len(spans) - 1}\0"

    text = _SPAN.sub(hide, line)
    for pattern in _LINKS:
        text = pattern.sub(lambda found: _changed(found, change(found[2], False)), text)
    text = _UNLINKED.sub(r"\1", text)
    text = _ATTRIBUTES.sub(lambda found: _changed(found, change(found[2], True)), text)
    return re.sub("\0(\\d+)\0", lambda found: spans[int(found[1])], text)


def loaded(line: str) -> list[str]:
    """What a reader's browser fetches by itself because of a line of prose: pictures, scripts, frames."""
    return [one or other for one, other in _LOADED.findall(_SPAN.sub("", line))]


def _changed(found: re.Match[str], target: str | None) -> str:
    if target is None:
        return "](\x01)" if found[1] == "](" else found[0]
    return f"{found[1]}{target}{found[3]}"


def anchors(text: str) -> set[str]:
    """The ids that a page offers to links: those written down, and those that headings get by themselves."""
    found: set[str] = set()
    for line in lines(text):
        if not line.prose:
            continue
        found.update(one or other for one, other in _ID.findall(line.text))
        if heading := _HEADING.match(line.text):
            plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", _CURLY.sub("", heading[2]))
            found.add(slugify(re.sub(r"[`*]", "", plain), "-"))
    return found


def code(sentence: str) -> str:
    """A sentence as HTML, what stands between backticks as code."""
    pieces = sentence.split("`")
    return "".join(
        f"<code>{escape(piece)}</code>" if number % 2 else escape(piece)
        for number, piece in enumerate(pieces)
    )


def after_title(text: str) -> tuple[str, str]:
    """A page in two: all up to its first heading and that heading, and what follows."""
    given = text.split("\n")
    for line in lines(text):
        if line.prose and line.text.startswith("# "):
            return "\n".join(given[: line.number]), "\n".join(given[line.number :])
    return "", text
