"""Text that a learner controls, made safe to look at: what is invisible or would act is shown as a sign."""

from __future__ import annotations

import re

__all__ = ["address", "clip", "lesson_address", "lesson_file", "plural", "visible"]

# Controls (an escape sequence can rewrite a terminal), bidi controls (they reorder what is read), and
# characters without a width (they hide in names). Joiners stay: scripts and emoji need them.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_NAMES = {0x00: "NUL", 0x07: "BEL", 0x08: "BS", 0x0B: "VT", 0x0C: "FF", 0x0D: "CR", 0x1B: "ESC", 0x7F: "DEL"}


def visible(text: str, *, ascii_only: bool = False) -> str:
    """The text with every hidden character shown: ``⟨ESC⟩`` an escape, ``⟨U+202E⟩`` a right-to-left override.

    :param ascii_only: for terminals that know nothing else; all other characters are shown as escapes.
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n")
    if ascii_only:
        text = _HIDDEN.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)
        return text.encode("ascii", "backslashreplace").decode("ascii")
    return text if text.isprintable() else _HIDDEN.sub(_sign, text)


def _sign(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"⟨{_NAMES.get(code) or f'U+{code:04X}'}⟩"


def clip(text: str, limit: int) -> str:
    """The text, or its beginning and how much more there is. Only for logs and bodies, never for feedback."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit} more characters)"


def address(url: object) -> str | None:
    """The address if a reader may follow it: http or https, and nothing hidden in it. Otherwise None."""
    if not isinstance(url, str) or not re.match(r"https?://[^\s/]", url, re.IGNORECASE):
        return None
    return url if url.isprintable() and " " not in url else None


_LESSON = re.compile(r"lessons/[a-z0-9-]+/(?:#[a-z0-9-]+)?")


def lesson_address(docs: object, site: str) -> str | None:
    """Where the section of a lesson that a check names can be read.

    :param site: the address of the course's site, ending with a slash; empty where there is none.
    """
    if address(docs):
        return str(docs)
    return f"{site}{docs}" if site and isinstance(docs, str) and _LESSON.fullmatch(docs) else None


def lesson_file(docs: object) -> str | None:
    """The same as a file of the course: ``lessons/02-failure-callbacks/index.md#who-is-called``."""
    if address(docs):
        return str(docs)
    if not isinstance(docs, str) or not _LESSON.fullmatch(docs):
        return None
    folder, sign, section = docs.partition("#")
    return f"{folder}index.md{sign}{section}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """``1 mail``, ``2 mails``."""
    return f"{count} {one if count == 1 else many or one + 's'}"
