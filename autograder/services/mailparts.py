"""What a mail says to its reader, by the standard library's ``email`` package."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage, MIMEPart
from typing import Any, cast

from autograder.htmltext import html_to_text
from autograder.services.bodies import clean, readable

__all__ = ["MailParts", "parse"]

HEADER_LIMIT = 100
"""Headers that are kept."""

VALUE_LIMIT = 1000
"""Characters of a header that are read: the email package takes seconds for one of 16 000."""

PART_LIMIT = 20


@dataclass(frozen=True, slots=True)
class MailParts:
    subject: str = ""
    text: str = ""
    html: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


def parse(content: bytes) -> MailParts:
    """The parts of a mail as its bytes came; of what is no mail, the text as it is."""
    try:
        message = cast(EmailMessage, email.message_from_bytes(content, policy=_policy()))
        headers = {clean(name): _line(message[name]) for name in message.keys()[:HEADER_LIMIT]}
        plain, html = _body(message, "plain"), _body(message, "html")
        if plain is None and html is None and not message.is_multipart():
            plain = _content(message)
    except Exception:
        # The email package promises defects in place of exceptions; hostile headers break the promise.
        return MailParts(text=readable(content))
    text = plain if plain is not None else html_to_text(html or "")
    return MailParts(_line(message.get("Subject", "")), text, html, headers)


class _Policy(email.policy.EmailPolicy):
    """The default, which reads only so much of a header."""

    def header_source_parse(self, sourcelines: Sequence[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(list(sourcelines))
        return name, value[:VALUE_LIMIT]


def _policy() -> _Policy:
    """A policy for one mail: it counts the parts, and refuses to go on when they are too many."""
    parts = 0

    def factory(policy: Any) -> EmailMessage:
        nonlocal parts
        parts += 1
        if parts > PART_LIMIT:
            raise ValueError("too many parts")
        return EmailMessage(policy)

    return _Policy(message_factory=factory)


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
