"""Text as its reader sees it: HTML without its markup, Slack's mrkdwn with its links spelt out."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.checks.items import Item

__all__ = ["Shown", "flat", "html_text", "slack_text"]


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


_UNSEEN = {"script", "style", "head", "title", "template"}
_INLINE = {
    "a",
    "abbr",
    "b",
    "code",
    "em",
    "font",
    "i",
    "kbd",
    "mark",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
}
_INLINE |= {"tt", "u", "wbr"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0
        self._links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        if tag not in _INLINE:
            self.parts.append("\n")
        if tag == "a":
            self._links.append(dict(attrs).get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN and self._unseen:
            self._unseen -= 1
        if tag == "a" and self._links and (link := self._links.pop()):
            self.parts.append(f" ({link}) ")
        if tag not in _INLINE:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)


def html_text(source: str) -> str:
    """What a reader of this HTML sees, link targets in brackets behind their labels."""
    reader = _Reader()
    reader.feed(source)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).splitlines())
    return "\n".join(line for line in lines if line)


_NOT_TEXT = {"type", "action_id", "block_id", "style", "color", "channel", "emoji", "mrkdwn", "mrkdwn_in"}
_NOT_TEXT |= {"username", "icon_emoji", "icon_url", "thread_ts", "ts", "short", "verbatim", "token"}
_LINK = re.compile(r"<((?:https?|mailto):[^|>]+)(?:\|([^>]*))?>")


def _texts(node: Any, key: str = "") -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _texts(value, name)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value, key)
    elif isinstance(node, str) and key not in _NOT_TEXT:
        yield node


def slack_text(payload: dict[str, Any]) -> tuple[str, str]:
    """What a reader of this Slack message sees, addresses of links included; and the same as written."""
    raw = "\n".join(_texts(payload))
    linked = _LINK.sub(lambda link: f"{link[2]} ({link[1]})" if link[2] else link[1], raw)
    return html.unescape(linked), raw
