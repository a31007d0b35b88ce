"""What a Slack message says to its reader, and what Slack would not take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["block_error", "texts"]

BLOCK_LIMIT = 50
SECTION_LIMIT = 3000
HEADER_LIMIT = 150

_TYPES = (
    "actions call context context_actions divider file header image input markdown plan rich_text section "
    "share_shortcut table task_card video"
)
BLOCK_TYPES = frozenset(_TYPES.split())

INLINE = frozenset({"rich_text_section", "rich_text_quote", "rich_text_preformatted"})

# In the order in which a reader meets them. Addresses count: the link to a log may be a button.
KEYS = (
    "pretext",
    "author_name",
    "title",
    "title_link",
    "title_url",
    "text",
    "value",
    "fields",
    "elements",
    "accessory",
    "blocks",
    "attachments",
    "actions",
    "rows",
    "image_url",
    "alt_text",
    "url",
    "footer",
)


def texts(message: Any) -> Iterator[str]:
    """Every text of a message in reading order, as Slack shows it: its three escapes undone."""
    if isinstance(message, list):
        for part in message:
            yield from texts(part)
    elif isinstance(message, dict) and _type(message) in INLINE:
        yield "".join(_inline(message.get("elements")))
    elif isinstance(message, dict):
        for key in KEYS:
            part = message.get(key)
            # A button's value is for programs, a field's for readers; only the button has a type.
            if isinstance(part, str) and part.strip() and not (key == "value" and "type" in message):
                yield _shown(part)
            elif isinstance(part, (dict, list)):
                yield from texts(part)


def block_error(blocks: Any) -> str:
    """``invalid_blocks`` when Slack would refuse them; empty when not, or when there are none."""
    if blocks is None:
        return ""
    if not isinstance(blocks, list) or len(blocks) > BLOCK_LIMIT:
        return "invalid_blocks"
    return "" if all(_acceptable(block) for block in blocks) else "invalid_blocks"


def _type(part: dict[str, Any]) -> str:
    """What it says that it is, if that is a word."""
    kind = part.get("type")
    return kind if isinstance(kind, str) else ""


def _shown(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _inline(elements: Any) -> Iterator[str]:
    for element in elements if isinstance(elements, list) else []:
        if isinstance(element, dict):
            text, url = element.get("text"), element.get("url")
            if element.get("type") == "emoji":
                yield f":{element.get('name')}:"
            elif isinstance(url, str):
                yield f"{text} ({url})" if text else url
            elif isinstance(text, str):
                yield text


def _acceptable(block: Any) -> bool:
    if not isinstance(block, dict) or _type(block) not in BLOCK_TYPES:
        return False
    if block["type"] == "header":
        return _is_text(block.get("text"), HEADER_LIMIT) and block["text"].get("type") == "plain_text"
    if block["type"] == "section":
        fields = block.get("fields")
        return _is_text(block.get("text"), SECTION_LIMIT) or (isinstance(fields, list) and bool(fields))
    return True


def _is_text(part: Any, limit: int) -> bool:
    text = part.get("text") if isinstance(part, dict) else None
    return isinstance(text, str) and 0 < len(text) <= limit
