"""Built pages, read: their ids, their links, and what they load."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["Document", "broken", "read"]

_LOADS = {("img", "src"), ("script", "src"), ("link", "href"), ("iframe", "src"), ("source", "src"), ("object", "data"),
          ("video", "src"), ("audio", "src"), ("image", "href"), ("use", "href"), ("form", "action")}  # fmt: skip


@dataclass
class Document:
    """One page."""

    path: Path
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    """Where a reader may go."""
    loads: list[str] = field(default_factory=list)
    """What the browser fetches by itself."""
    headings: list[str] = field(default_factory=list)
    images_without_words: list[str] = field(default_factory=list)
    lang: str = ""


class _Reader(HTMLParser):
    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        found = self._document
        found.ids |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag == "html":
            found.lang = given.get("lang", "")
        if tag == "a" and "href" in given:
            found.links.append(given["href"])
        if tag in ("h1", "h2", "h3"):
            found.headings.append(tag)
        if tag == "img" and not given.get("alt"):
            found.images_without_words.append(given.get("src", ""))
        found.loads += [given[name] for kind, name in _LOADS if kind == tag and given.get(name)]
        found.loads += [one.split()[0] for one in given.get("srcset", "").split(",") if one.strip()]


def read(site: Path) -> dict[Path, Document]:
    """Every page of a built site but the one for addresses that do not exist: it is served from anywhere."""
    found = {}
    for path in sorted(site.rglob("*.html")):
        if path.name != "404.html":
            document = found[path] = Document(path)
            _Reader(document).feed(path.read_text(encoding="utf-8"))
    return found


def broken(site: Path, documents: dict[Path, Document]) -> list[str]:
    """Links and loads within the site that lead nowhere, each with its page."""
    said = []
    for path, document in documents.items():
        for target in document.links + document.loads:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            file = _file(path, unquote(parts.path))
            where = path.relative_to(site)
            if not file.is_relative_to(site) or not file.is_file():
                said.append(f"{where}: {target} is not there")
            elif parts.fragment and file in documents and unquote(parts.fragment) not in documents[file].ids:
                said.append(f"{where}: {target} has no such id")
    return said


def _file(page: Path, target: str) -> Path:
    if not target:
        return page
    path = Path(posixpath.normpath(posixpath.join(page.parent.as_posix(), target)))
    return path / "index.html" if path.is_dir() else path
