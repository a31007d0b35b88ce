"""What a page asks for, and what it complains about."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebError, WebSocket

__all__ = ["Watch", "origin"]

_INSIDE = ("about", "blob", "chrome", "chrome-error", "data", "devtools")
_OVER = {"ws": "http", "wss": "https"}


def origin(address: str) -> str | None:
    """Scheme, host and port of an address; None for one that leads out of no page (``data:`` and its like)."""
    parts = urlsplit(address)
    if parts.scheme in _INSIDE:
        return None
    return f"{_OVER.get(parts.scheme, parts.scheme)}://{parts.netloc}"


@dataclass
class _Home:
    """The origin that the pages of one context live on: the one that they went to first."""

    origin: str | None = None

    def owns(self, address: str) -> bool:
        where = origin(address)
        if where is None:
            return True
        self.origin = self.origin or where
        return where == self.origin


@dataclass
class Watch:
    """Everything that the pages of one test asked for and complained of, in the order in which it happened."""

    requests: list[str] = field(default_factory=list)
    """Every address that was asked for, but ``data:`` and its like."""
    foreign: list[str] = field(default_factory=list)
    """Those of them that are of another origin than their page's first address."""
    refused: list[str] = field(default_factory=list)
    """What the page's own policy kept from being asked for: nothing left the browser, but the console says so."""
    console: list[str] = field(default_factory=list)
    """Everything that was written to the console: ``level: text (address:line)``."""
    errors: list[str] = field(default_factory=list)
    """Exceptions that nothing caught."""
    _allowed: list[re.Pattern[str]] = field(default_factory=list)

    def allow(self, pattern: str) -> None:
        """Let requests, console lines and exceptions be in which this regular expression is found."""
        self._allowed.append(re.compile(pattern))

    def complaints(self) -> list[str]:
        """What a test fails for, a sentence each."""
        said = [
            *(f"asked another origin: {one}" for one in self.foreign),
            *(f"wrote to the console, {one}" for one in self.console if one.startswith("error: ")),
            *(f"let an exception go uncaught: {one}" for one in self.errors),
        ]
        return [
            one for one in dict.fromkeys(said) if not any(allowed.search(one) for allowed in self._allowed)
        ]

    def attach(self, context: BrowserContext) -> None:
        """Listen to all pages of a context, those that are opened by a page too."""
        home = _Home()

        def asked(address: str) -> None:
            if origin(address) is not None:
                self.requests.append(address)
            if not home.owns(address):
                self.foreign.append(address)

        def request(sent: Request) -> None:
            asked(sent.url)

        def failed(sent: Request) -> None:
            if sent.failure == "csp":
                self.refused.append(sent.url)
                for kept in (self.requests, self.foreign):
                    if sent.url in kept:
                        kept.remove(sent.url)

        def socket(opened: WebSocket) -> None:
            asked(opened.url)

        def page(new: Page) -> None:
            new.on("websocket", socket)

        def console(message: ConsoleMessage) -> None:
            place = message.location
            where = f"{place.get('url', '')}:{place.get('lineNumber', 0)}"
            self.console.append(f"{message.type}: {message.text} ({where})")

        def uncaught(raised: WebError) -> None:
            error = raised.error
            self.errors.append(str(getattr(error, "stack", None) or error))

        context.on("request", request)
        context.on("requestfailed", failed)
        context.on("page", page)
        context.on("console", console)
        context.on("weberror", uncaught)
