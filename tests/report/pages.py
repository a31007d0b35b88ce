"""Reading a page as a browser would, to say what in it could act, load or hide."""

from __future__ import annotations

import re
from html.parser import HTMLParser

HARMLESS = frozenset(
    """
    html head meta title link style body main article header footer section div span p h1 h2 h3 ul ol li dl dt dd
    details summary table thead tbody tr th td pre code b i s small strong br hr a figure iframe blockquote
    svg g rect line path text desc
    """.split()  # noqa: SIM905
)
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\u2028\ufeff]")
VOID = frozenset({"meta", "link", "br", "hr", "img", "input", "base"})


class Page(HTMLParser):
    def __init__(self, markup: str) -> None:
        super().__init__()
        self.source = markup
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.unbalanced: list[str] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(markup)
        self.close()
        self.unbalanced += self._open

    @property
    def text(self) -> str:
        return "".join(self.words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()
        else:
            self.unbalanced.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def dangers(self) -> list[str]:
        """Everything that could run, load from elsewhere, lead somewhere odd, or hide."""
        found = [f"<{tag}>" for tag, _ in self.elements if tag not in HARMLESS]
        found += [f"unbalanced {tag}" for tag in self.unbalanced]
        found += [f"hidden {ord(one):x}" for one in HIDDEN.findall(self.source)]
        for tag, attributes in self.elements:
            for name, value in attributes.items():
                if name.startswith("on") or name in (
                    "src",
                    "action",
                    "formaction",
                    "background",
                    "poster",
                    "ping",
                ):
                    found.append(f"{tag} {name}={value}")
                if name in ("href", "xlink:href") and not re.match(r"https?://|#ag|data:,$", value):
                    found.append(f"{tag} {name}={value}")
                if name == "style" and not re.fullmatch(
                    r"flex-grow: \d+|width: \d+\.\d+%|border-color:#[0-9a-fA-F]{6}", value
                ):
                    found.append(f"{tag} {name}={value}")
            if tag == "iframe":
                if attributes.get("sandbox") != "":
                    found.append("a frame with permissions")
                found += [f"in a frame: {one}" for one in frame_dangers(attributes["srcdoc"])]
        return found


def frame_dangers(document: str) -> list[str]:
    """What could act or load in a mail's frame, had it no sandbox and no policy."""
    page = Page(document)
    bad = {
        "script",
        "link",
        "base",
        "iframe",
        "object",
        "embed",
        "form",
        "input",
        "img",
        "svg",
        "video",
        "audio",
        "frame",
    }
    found = [f"<{tag}>" for tag, _ in page.elements if tag in bad]
    found += [
        f"{tag} {n}"
        for tag, a in page.elements
        for n in a
        if n.startswith("on") or n in ("href", "src", "target")
    ]
    metas = page.all("meta")
    if not metas[1]["content"].startswith("default-src 'none'; style-src 'unsafe-inline'"):
        found.append("no policy before the mail")
    found += ["another meta"] if len(metas) > 3 else []
    return found
