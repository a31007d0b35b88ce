"""What a mail says to its reader, by the standard library's ``email`` package."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass, field
from email.message import MIMEPart
from html.parser import HTMLParser

from autograder.services.bodies import clean, readable

__all__ = ["MailParts", "html_to_text", "parse"]

HEADER_LIMIT = 100

_BLOCK_TAGS = (
    "address article aside blockquote body br dd div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 header hr "
    "html li main nav ol p pre section table tbody td tfoot th thead title tr ul"
)
BLOCKS = frozenset(_BLOCK_TAGS.split())
UNSEEN = frozenset({"script", "style", "template"})


@dataclass(frozen=True, slots=True)
class MailParts:
    subject: str = ""
    text: str = ""
    html: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


def parse(content: bytes) -> MailParts:
    """The parts of a mail as its bytes came; of what is no mail, the text as it is."""
    try:
        message = email.message_from_bytes(content, policy=email.policy.default)
        headers: dict[str, str] = {}
        for name, value in message.items()[:HEADER_LIMIT]:
            headers.setdefault(clean(name), _line(value))
        plain, html = _body(message, "plain"), _body(message, "html")
        if plain is None and html is None and not message.is_multipart():
            plain = _content(message)
    except Exception:
        # The email package promises defects in place of exceptions; hostile headers break the promise.
        return MailParts(text=readable(content))
    text = plain if plain is not None else html_to_text(html or "")
    return MailParts(_line(message.get("Subject", "")), text, html, headers)


def html_to_text(html: str) -> str:
    """The words of an HTML mail as its reader sees them: a block a line, a link's address after its words."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


def _line(value: object) -> str:
    return clean(" ".join(str(value).splitlines()))


def _body(message: MIMEPart, kind: str) -> str | None:
    part = message.get_body(preferencelist=(kind,))
    return None if part is None else _content(part)


def _content(part: MIMEPart) -> str:
    try:
        text = part.get_content()
    except (LookupError, ValueError, KeyError):
        # An unknown character set, or broken base64.
        text = part.get_payload(decode=True)
    if isinstance(text, bytes):
        text = readable(text)
    return clean(str(text)).replace("\r\n", "\n").removesuffix("\n")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = [""]
        self._unseen = 0
        self._verbatim = 0
        self._links: list[tuple[str, int, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSEEN:
            self._unseen += 1
        elif tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self._lines) - 1, len(self._lines[-1])))
        elif tag == "img":
            self.handle_data(dict(attrs).get("alt") or "")
        self._verbatim += tag == "pre"
        if tag in BLOCKS:
            self._break()

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag == "a" and self._links:
            href, line, column = self._links.pop()
            words = "\n".join([self._lines[line][column:], *self._lines[line + 1 :]])
            if href and href not in words:
                self._lines[-1] += f" ({href})"
        self._verbatim = max(0, self._verbatim - (tag == "pre"))
        if tag in BLOCKS:
            self._break()

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        if self._verbatim:
            first, *rest = data.split("\n")
            self._lines[-1] += first
            self._lines += rest
            return
        words = " ".join(data.split())
        before = " " if data[:1].isspace() and self._lines[-1] else ""
        after = " " if words and data[-1:].isspace() else ""
        self._lines[-1] = (self._lines[-1] + before + words + after).replace("  ", " ")

    def text(self) -> str:
        return clean("\n".join(line.strip() for line in self._lines if line.strip()))

    def _break(self) -> None:
        if self._lines[-1]:
            self._lines.append("")
