"""Debian's Chromium, started once for all tests."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["DESKTOP", "PHONE", "Chromium", "context_options", "find"]

Size = tuple[int, int]

DESKTOP: Size = (1280, 900)
PHONE: Size = (390, 844)
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-default-apps", "--disable-extensions", "--disable-sync", "--no-first-run",
)  # fmt: skip


def find() -> str | None:
    """The path of Chromium, or None: we download no browser of our own."""
    return shutil.which("chromium")


def context_options(size: Size, dark: bool) -> dict[str, Any]:
    """What a browser context needs to look like a window (or, below 600 pixels, a phone) of this size."""
    width, height = size
    return {
        "viewport": {"width": width, "height": height},
        "is_mobile": width < 600,
        "has_touch": width < 600,
        "color_scheme": "dark" if dark else "light",
        "reduced_motion": "reduce",
        "locale": "en-GB",
    }


class Chromium:
    """A running browser that is asleep unless a test is using it.

    Playwright leaves its event loop marked as running in this thread, so that every other test that calls
    ``asyncio.run`` would be refused. The mark is there only inside of ``awake``.
    """

    def __init__(self, path: str) -> None:
        from playwright.sync_api import sync_playwright

        self._playwright = sync_playwright().start()
        self._loop = asyncio.get_running_loop()
        try:
            self._browser = self._playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        except BaseException:
            self._playwright.stop()
            raise
        finally:
            asyncio._set_running_loop(None)

    @contextmanager
    def awake(self) -> Iterator[Browser]:
        asyncio._set_running_loop(self._loop)
        try:
            yield self._browser
        finally:
            asyncio._set_running_loop(None)

    def stop(self) -> None:
        with self.awake() as browser:
            browser.close()
            self._playwright.stop()
