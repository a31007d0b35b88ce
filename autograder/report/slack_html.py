"""Slack messages as Slack would show them: Block Kit, mrkdwn, legacy attachments.

A payload is whatever a callback sent, so nothing of its structure is taken for granted, and every text is
escaped before the first mark-up is put into it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from markupsafe import Markup, escape

from autograder.report.emoji import EMOJI
from autograder.report.text import address, clip, visible

__all__ = ["mrkdwn", "render"]

_LIMIT = 40_000
_DEPTH = 8
_PIECE = 0xF0000
"""Finished pieces are kept aside under a private character each; those are first removed from the text."""
_PRIVATE = re.compile("[\U000f0000-\U000ffffd]")
_ATOM = re.compile(
    r"```(?P<block>.+?)```|`(?P<code>[^`\n]+)`|<(?P<link>[^<>\n]+)>|(?P<emoji>:[a-z0-9_+'-]+:)", re.DOTALL
)
_FORMATS = (
    (re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]*?[^\s*])\*(?![\w*])"), "b"),
    (re.compile(r"(?<![\w_])_(?=[^\s_])([^_\n]*?[^\s_])_(?![\w_])"), "i"),
    (re.compile(r"(?<![\w~])~(?=[^\s~])([^~\n]*?[^\s~])~(?![\w~])"), "s"),
)


def render(payload: dict[str, Any]) -> Markup:
    """A message's inside; who sent it and when is for the page to say."""
    blocks, attachments = _list(payload.get("blocks")), _list(payload.get("attachments"))
    parts = [_block(block, 0) for block in blocks]
    text = _string(payload.get("text"))
    if text and not blocks:
        shown = _plain(text) if payload.get("mrkdwn") is False else mrkdwn(text)
        parts.insert(0, Markup('<div class="ag-slack-text">{}</div>').format(shown))
    parts += [_attachment(attachment, 0) for attachment in attachments]
    if text and blocks:
        parts.append(Markup('<p class="ag-muted">In the notification: {}</p>').format(_plain(text)))
    return _join(parts) or Markup('<p class="ag-muted">(an empty message)</p>')


def mrkdwn(text: str) -> Markup:
    """Slack's own mark-up: code and links first, and emoji names before italics, as they have underscores."""
    kept: list[Markup] = []

    def keep(piece: Markup) -> str:
        kept.append(piece)
        return chr(_PIECE + len(kept) - 1)

    def atom(found: re.Match[str]) -> str:
        if (block := found["block"]) is not None:
            return keep(Markup("<pre>{}</pre>").format(_unescape(block.strip("\n"))))
        if (code := found["code"]) is not None:
            return keep(Markup("<code>{}</code>").format(_unescape(code)))
        if (link := found["link"]) is not None:
            return keep(_link(link))
        return keep(_emoji(found["emoji"]))

    text = _PRIVATE.sub("\N{REPLACEMENT CHARACTER}", visible(clip(text, _LIMIT)))
    marked = str(escape(_unescape(_ATOM.sub(atom, text))))
    for pattern, tag in _FORMATS:
        marked = pattern.sub(rf"<{tag}>\1</{tag}>", marked)
    lines = [
        f"<blockquote>{line[4:].strip()}</blockquote>" if line.startswith("&gt;") else f"{line}<br>"
        for line in marked.split("\n")
    ]
    return Markup(
        _PRIVATE.sub(lambda found: str(kept[ord(found[0]) - _PIECE]), "".join(lines).removesuffix("<br>"))
    )


def _unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _link(inside: str) -> Markup:
    target, _, label = inside.partition("|")
    match target[:1]:
        case "!":
            name = label or target[1:].partition("^")[0]
            return Markup('<span class="ag-mention">{}</span>').format(
                _unescape(name if label else f"@{name}")
            )
        case "@" | "#":
            return Markup('<span class="ag-mention">{}{}</span>').format(
                target[:1], _unescape(label or target[1:])
            )
    return _anchor(_unescape(target), _unescape(label))


def _anchor(target: str, label: str) -> Markup:
    """A link if it may be followed; otherwise its text, and the address for all to see."""
    target, label = visible(target), visible(label)
    if address(target) is None:
        return Markup("{} <code>{}</code>").format(label, target) if label else escape(f"<{target}>")
    return Markup('<a href="{}" rel="noopener noreferrer nofollow" target="_blank">{}</a>').format(
        target, label or target
    )


def _emoji(name: str) -> Markup:
    sign, name = EMOJI.get(name.strip(":")), visible(name)
    if sign is None:
        return Markup('<span class="ag-emoji">{}</span>').format(name)
    return Markup('<span role="img" aria-label="{}" title="{}">{}</span>').format(name, name, sign)


def _plain(text: str) -> Markup:
    """Plain text: no mark-up, but emoji names, which Slack shows there as well."""
    parts = re.split(r"(:[a-z0-9_+'-]+:)", visible(clip(text, _LIMIT)))
    shown = (_emoji(part) if number % 2 else Markup(escape(part)) for number, part in enumerate(parts))
    return Markup(str(_join(shown)).replace("\n", "<br>"))


def _text(item: Any) -> Markup:
    """A text object, or what stands in its place."""
    if isinstance(item, str):
        return _plain(item)
    if not isinstance(item, dict):
        return Markup("")
    text = _string(item.get("text"))
    if item.get("type") == "mrkdwn":
        return mrkdwn(text)
    return _plain(text)


def _block(block: Any, depth: int) -> Markup:
    if not isinstance(block, dict) or depth > _DEPTH:
        return _unknown(block, "not a block")
    kind = block.get("type")
    draw = _BLOCKS.get(kind) if isinstance(kind, str) else None
    return draw(block, depth) if draw else _unknown(block, f"a block of type {kind!r}")


def _unknown(content: Any, words: str) -> Markup:
    body = clip(json.dumps(content, ensure_ascii=False, default=str), 2000)
    return Markup('<p class="ag-muted">({}) <code>{}</code></p>').format(visible(words), visible(body))


def _header(block: dict[str, Any], _: int) -> Markup:
    return Markup('<p class="ag-slack-header">{}</p>').format(_text(block.get("text")))


def _section(block: dict[str, Any], depth: int) -> Markup:
    text = (
        Markup('<div class="ag-slack-text">{}</div>').format(_text(block["text"])) if "text" in block else ""
    )
    fields = [Markup("<li>{}</li>").format(_text(field)) for field in _list(block.get("fields"))]
    listed = Markup('<ul class="ag-slack-fields">{}</ul>').format(_join(fields)) if fields else ""
    beside = block.get("accessory")
    return Markup('<div class="ag-slack-section"><div>{}{}</div>{}</div>').format(
        text, listed, _element(beside, depth) if isinstance(beside, dict) else ""
    )


def _context(block: dict[str, Any], depth: int) -> Markup:
    parts = [_element(element, depth) for element in _list(block.get("elements"))]
    return Markup('<div class="ag-slack-context">{}</div>').format(Markup(" ").join(parts))


def _actions(block: dict[str, Any], depth: int) -> Markup:
    parts = [_element(element, depth) for element in _list(block.get("elements"))]
    return Markup('<div class="ag-slack-actions">{}</div>').format(Markup(" ").join(parts))


def _image(block: dict[str, Any], _: int) -> Markup:
    words = _string(block.get("alt_text")) or "no description"
    title = _text(block.get("title"))
    return Markup('<span class="ag-muted">{} [picture, not loaded: {}]</span>').format(title, visible(words))


def _rich_text(block: dict[str, Any], depth: int) -> Markup:
    return Markup('<div class="ag-slack-text">{}</div>').format(
        _join(_rich(element, depth + 1) for element in _list(block.get("elements")))
    )


def _rich(element: Any, depth: int) -> Markup:
    if not isinstance(element, dict) or depth > _DEPTH:
        return _unknown(element, "not an element")
    inner = [_rich(one, depth + 1) for one in _list(element.get("elements"))]
    text = _string(element.get("text"))
    match element.get("type"):
        case "rich_text_section":
            return _join(inner) + Markup("<br>")
        case "rich_text_quote":
            return Markup("<blockquote>{}</blockquote>").format(_join(inner))
        case "rich_text_preformatted":
            return Markup("<pre>{}</pre>").format(_join(inner))
        case "rich_text_list":
            items = [Markup("<li>{}</li>").format(one) for one in inner]
            tag = "ol" if element.get("style") == "ordered" else "ul"
            return Markup("<{}>{}</{}>").format(tag, _join(items), tag)
        case "text":
            return _styled(Markup(escape(visible(clip(text, _LIMIT)))), element.get("style"))
        case "link":
            return _anchor(_string(element.get("url")), text)
        case "emoji":
            return _emoji(f":{_string(element.get('name'))}:")
        case kind:
            return _unknown(element, f"an element of type {kind!r}")


def _styled(shown: Markup, style: Any) -> Markup:
    for name, tag in (("code", "code"), ("bold", "b"), ("italic", "i"), ("strike", "s")):
        if isinstance(style, dict) and style.get(name) is True:
            shown = Markup("<{}>{}</{}>").format(tag, shown, tag)
    return shown


def _element(element: Any, depth: int) -> Markup:
    if not isinstance(element, dict):
        return _unknown(element, "not an element")
    match element.get("type"):
        case "mrkdwn" | "plain_text":
            return Markup("<span>{}</span>").format(_text(element))
        case "button":
            return _button(element)
        case "image":
            return _image(element, depth)
        case kind:
            return Markup('<span class="ag-button">{} <small>({})</small></span>').format(
                _text(element.get("placeholder") or element.get("text")), visible(str(kind).replace("_", " "))
            )


def _button(element: dict[str, Any]) -> Markup:
    style = element.get("style")
    css = f"ag-button ag-button-{style}" if style in ("primary", "danger") else "ag-button"
    label, target = _text(element.get("text")) or Markup("(no label)"), _string(element.get("url"))
    if not target:
        return Markup('<span class="{}">{}</span>').format(css, label)
    if address(target) is None:
        return Markup('<span class="{}">{}</span> <code>{}</code>').format(css, label, visible(target))
    return Markup('<a class="{}" href="{}" rel="noopener noreferrer nofollow" target="_blank">{}</a>').format(
        css, target, label
    )


def _attachment(item: Any, depth: int) -> Markup:
    """A legacy attachment, with its coloured bar."""
    if not isinstance(item, dict) or depth > _DEPTH:
        return _unknown(item, "not an attachment")
    colour = _string(item.get("color"))
    named = {"good": "#2eb67d", "warning": "#ecb22e", "danger": "#e01e5a"}.get(colour, colour)
    bar = named if re.fullmatch(r"#?[0-9a-fA-F]{6}", named) else "#888888"
    title = _string(item.get("title"))
    heading = _anchor(_string(item.get("title_link")), title) if item.get("title_link") else _plain(title)
    parts = [
        Markup("<b>{}</b>").format(_plain(author))
        if (author := _string(item.get("author_name")))
        else Markup(""),
        Markup('<p class="ag-slack-title">{}</p>').format(heading) if title else Markup(""),
        Markup("<div>{}</div>").format(mrkdwn(_string(item.get("text")))) if item.get("text") else Markup(""),
        _attached_fields(_list(item.get("fields"))),
        *(_block(block, depth + 1) for block in _list(item.get("blocks"))),
        Markup('<div class="ag-slack-actions">{}</div>').format(
            _join(
                _element({"type": "button", **a}, depth)
                for a in _list(item.get("actions"))
                if isinstance(a, dict)
            )
        ),
        Markup('<p class="ag-muted">{}</p>').format(_plain(_string(item.get("footer"))))
        if item.get("footer")
        else "",
    ]
    before = (
        Markup("<div>{}</div>").format(mrkdwn(_string(item.get("pretext")))) if item.get("pretext") else ""
    )
    return Markup('{}<div class="ag-slack-attachment" style="border-color:#{}">{}</div>').format(
        before, bar.lstrip("#"), _join(parts)
    )


def _attached_fields(fields: list[Any]) -> Markup:
    shown = [
        Markup("<li{}><b>{}</b><br>{}</li>").format(
            "" if field.get("short") else Markup(' class="ag-wide"'),
            _plain(_string(field.get("title"))),
            mrkdwn(_string(field.get("value"))),
        )
        for field in fields
        if isinstance(field, dict)
    ]
    return Markup('<ul class="ag-slack-fields">{}</ul>').format(_join(shown)) if shown else Markup("")


_BLOCKS: dict[str, Callable[[dict[str, Any], int], Markup]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "divider": lambda _block, _depth: Markup('<hr class="ag-slack-divider">'),
    "image": _image,
    "rich_text": _rich_text,
    "markdown": lambda block, _depth: Markup("<pre>{}</pre>").format(visible(_string(block.get("text")))),
}


def _list(value: Any) -> list[Any]:
    """A list, or one in JSON, as forms of Slack's Web API send it; anything else is shown as what it is."""
    if isinstance(value, str):
        from autograder.services.bodies import parse_json

        try:
            value = parse_json(value)
        except ValueError:
            return [value]
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _string(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _join(parts: Iterable[Markup | str] | Iterator[Markup]) -> Markup:
    return Markup("").join(parts)
