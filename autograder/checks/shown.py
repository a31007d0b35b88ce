"""Text as its reader sees it, which remembers how it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.checks.items import Item

__all__ = ["Shown", "flat"]


class Shown(str):
    """A text that remembers what it is, where it came from and how it was written."""

    what: str
    """As in a sentence: ``the mail's subject``."""
    raw: str
    """As it was written, markup included."""
    item: Item[Any] | None

    def __new__(cls, text: str, *, what: str, raw: str | None = None, item: Item[Any] | None = None) -> Shown:
        shown = super().__new__(cls, text)
        shown.what = what
        shown.raw = text if raw is None else raw
        shown.item = item
        return shown


def flat(text: str) -> str:
    """The text with every run of white space as one blank."""
    return " ".join(text.split())
