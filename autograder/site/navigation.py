"""The menu: what ``mkdocs.yml`` names by hand, and below each section the pages of its folder that it does not."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["complete"]


_HIDDEN = "solution.md"
"""A page that is reached from another page only."""


def complete(nav: list[Any], pages: Path, titles: Mapping[str, str]) -> list[Any]:
    """The menu with every page in it. ``titles``: how a page is called there, if not as it calls itself."""
    there = {path.relative_to(pages).as_posix() for path in pages.rglob("*.md") if path.name != _HIDDEN}
    kept = _kept(nav, there)
    left = sorted(there - set(_pages(kept)))
    return [_filled(entry, left, titles) for entry in kept]


def _kept(nav: list[Any], there: set[str]) -> list[Any]:
    """The menu without pages that this course does not have."""
    done: list[Any] = []
    for entry in nav:
        if isinstance(entry, str):
            done += [entry] if entry in there else []
            continue
        ((name, below),) = entry.items()
        if isinstance(below, list):
            inner = _kept(below, there)
            done += [{name: inner}] if inner else []
        elif below in there:
            done.append(entry)
    return done


def _pages(nav: Any) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    below = nav.values() if isinstance(nav, dict) else nav
    return [page for entry in below for page in _pages(entry)]


def _filled(entry: Any, left: list[str], titles: Mapping[str, str]) -> Any:
    if isinstance(entry, str):
        return entry
    ((name, below),) = entry.items()
    first = below[0] if isinstance(below, list) and isinstance(below[0], str) else ""
    folder = posixpath.dirname(first)
    if not folder or posixpath.basename(first) != "index.md":
        return entry
    found = [page for page in left if page.startswith(f"{folder}/")]
    return {name: [*below, *({titles[page]: page} if page in titles else page for page in found)]}
