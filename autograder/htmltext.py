"""The words of an HTML mail. In time proportional to its length, which the standard library's parser is not."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

__all__ = ["html_to_text"]

_BLOCK_TAGS = (
    "address article aside blockquote body br dd div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 header hr "
    "html li main nav ol p pre section table tbody td tfoot th thead title tr ul"
)
BLOCKS = frozenset(_BLOCK_TAGS.split())
UNSEEN = frozenset({"script", "style", "template"})

TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)([^>]*)>")
ATTRIBUTE = re.compile(r"(?<![\w-])(href|alt)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
BEYOND = re.compile(r"&#[0-9]{8,};?")
"""The numbers of characters that cannot be."""
SOURCE_LIMIT = 1 << 18
"""Characters that are read."""

ATTRIBUTES_LIMIT = 4096
"""Characters of a tag in which attributes are looked for."""


def html_to_text(source: str) -> str:
    """The words as a reader sees them: a block a line, a link's address after its words."""
    page = _Page()
    for token in _tokens(source[:SOURCE_LIMIT]):
        if isinstance(token, str):
            page.words(_unescaped(token))
        else:
            page.tag(*token)
    return page.text()


def _tokens(source: str) -> Iterator[str | tuple[str, bool, str]]:
    """Text, and tags as (name, whether it ends something, attributes). What is never closed hides the rest."""
    at = 0
    last_end = source.rfind(">")
    while (start := source.find("<", at)) >= 0:
        yield source[at:start]
        if source.startswith("<!--", start):
            at = _after(source, "-->", start)
        elif source.startswith(("<!", "<?"), start):
            at = _after(source, ">", start)
        elif start < last_end and (tag := TAG.match(source, start)):
            name = tag[2].lower()
            at = tag.end()
            if name in UNSEEN and not tag[1]:
                closing = re.compile(f"</{name}", re.IGNORECASE).search(source, at)
                at = _after(source, ">", closing.start()) if closing else len(source)
            else:
                yield name, bool(tag[1]), tag[3]
        else:
            yield "<"
            at = start + 1
    yield source[at:]


def _after(source: str, end: str, start: int) -> int:
    found = source.find(end, start)
    return len(source) if found < 0 else found + len(end)


class _Page:
    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._verbatim = False
        self._link = ""
        """The address of the open link."""
        self._linked: list[str] = []

    def words(self, text: str) -> None:
        if self._link:
            self._linked.append(text)
        first, *rest = text.split("\n") if self._verbatim else [text]
        self._line.append(first)
        for line in rest:
            self._end_line()
            self._line.append(line)

    def tag(self, name: str, ends: bool, attributes: str) -> None:
        if name in BLOCKS:
            self._end_line()
        if name == "pre":
            self._verbatim = not ends
        elif name == "a":
            self._end_link()
            self._link = "" if ends else _attribute(attributes, "href")
        elif name == "img":
            self.words(_attribute(attributes, "alt"))

    def text(self) -> str:
        self._end_link()
        self._end_line()
        return "\n".join(self._lines)

    def _end_line(self) -> None:
        line = "".join(self._line)
        line = line.strip() if self._verbatim else " ".join(line.split())
        if line:
            self._lines.append(line)
        self._line = []

    def _end_link(self) -> None:
        if self._link and self._link not in "".join(self._linked):
            self._line.append(f" ({self._link})")
        self._link, self._linked = "", []


def _attribute(attributes: str, name: str) -> str:
    for found in ATTRIBUTE.finditer(attributes[:ATTRIBUTES_LIMIT]):
        if found[1].lower() == name:
            return _unescaped(found[2] or found[3] or found[4] or "").strip()
    return ""


def _unescaped(text: str) -> str:
    """As a browser has it; the standard library raises at a number that Python does not turn into one."""
    return html.unescape(BEYOND.sub("\ufffd", text))
