"""A mail's HTML, made fit for a sandboxed frame: what a reader would see, and nothing that acts or loads.

Three walls, none of which trusts the others: what is written anew here has no element or attribute that is
not listed; the frame's document forbids every load; the frame is sandboxed without any permission.
"""

from __future__ import annotations

from html.parser import HTMLParser

from markupsafe import Markup, escape

from autograder.report.text import address, clip, visible

__all__ = ["MailFrame", "frame"]

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_BASE = (
    "html{background:#fff;color:#111;color-scheme:light}"
    "body{font:14px/1.5 sans-serif;margin:12px;overflow-wrap:anywhere}"
    "a{color:#0b57d0;text-decoration:underline}"
)
_TAGS = frozenset(
    """
    a abbr address article aside b bdi big blockquote br caption center cite code col colgroup dd del details
    dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i ins kbd li main mark nav ol p
    pre q s samp section small span strike strong style sub summary sup table tbody td tfoot th thead time tr
    tt u ul var wbr
    """.split()  # noqa: SIM905
)
_ATTRIBUTES = frozenset(
    """
    align bgcolor border cellpadding cellspacing class color colspan dir face headers height id lang nowrap
    open role rowspan scope size span start style title type valign value width
    """.split()  # noqa: SIM905
)
_SILENT = frozenset(("script", "title", "iframe", "textarea"))
_VOID = frozenset(("br", "hr", "col", "wbr"))
_LIMIT = 200_000


class MailFrame:
    """What a page needs to show a mail's HTML."""

    def __init__(self, document: str, links: list[tuple[str, str]], height: int) -> None:
        self.document = document
        """For ``srcdoc``; it still has to be escaped as an attribute."""
        self.links = links
        """Text and address of the links that may be followed, to show outside the frame."""
        self.height = height


def frame(html: str) -> MailFrame:
    """Write a mail's HTML anew."""
    writer = _Writer()
    writer.feed(clip(visible(html), _LIMIT))
    writer.close()
    document = (
        f'<!doctype html><html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" '
        f'content="{_POLICY}"><meta name="referrer" content="no-referrer"><style>{_BASE}</style></head>'
        f"<body>{''.join(writer.out)}</body></html>"
    )
    return MailFrame(document, writer.links, min(560, 60 + 26 * writer.lines))


class _Writer(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str | Markup] = []
        self.links: list[tuple[str, str]] = []
        self.lines = 1
        self._silent: list[str] = []
        self._style = False
        self._link: str | None = None
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in _SILENT:
            self._silent.append(tag)
        if self._silent:
            return
        if tag == "img":
            words = given.get("alt") or "no description"
            self.out.append(Markup("<span>[picture, not loaded: {}]</span>").format(words))
        if tag not in _TAGS:
            return
        if tag in ("p", "div", "tr", "br", "li", "h1", "h2", "h3", "h4", "pre", "hr"):
            self.lines += 1
        if tag == "a":
            self._link, self._words = address(given.get("href")), []
        self._style = tag == "style"
        kept = [(name, value or "") for name, value in given.items() if name in _ATTRIBUTES]
        self.out.append(
            Markup("<{}{}>").format(tag, Markup("").join(Markup(' {}="{}"').format(*one) for one in kept))
        )

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            if tag == self._silent[-1]:
                self._silent.pop()
            return
        if tag == "a" and self._link is not None:
            self.links.append((" ".join("".join(self._words).split()) or self._link, self._link))
            self._link = None
        self._style = self._style and tag != "style"
        if tag in _TAGS and tag not in _VOID:
            self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        if self._link is not None:
            self._words.append(data)
        if self._style:
            # Escapes mean nothing in a style sheet, and the only thing that could end it is this character.
            self.out.append(data.replace("<", ""))
        else:
            self.lines += data.count("\n") // 3
            self.out.append(escape(data))
