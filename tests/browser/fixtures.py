"""The fixtures ``page``, ``new_page``, ``watch`` and ``screenshot``; a plugin that ``tests/conftest.py`` names."""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from tests.browser import chromium as browsers
from tests.browser.chromium import DESKTOP, PHONE, Chromium, Size
from tests.browser.watching import Watch

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

__all__ = ["NewPage", "Screenshot", "artefacts"]

PATIENCE = 15_000
"""Milliseconds for which Playwright waits for what a test expects, where the test says nothing else."""
ROOT = Path(__file__).parents[2]


class NewPage(Protocol):
    def __call__(
        self, *, dark: bool = False, phone: bool = False, size: Size = DESKTOP, **context: Any
    ) -> Page:
        """A page in a browser context of its own: nothing is kept from an earlier one.

        ``phone`` stands for ``size=PHONE``; further arguments go to Playwright's ``new_context`` (``base_url``,
        ``java_script_enabled``, ``permissions``, …).
        """


class Screenshot(Protocol):
    def __call__(self, page: Page, name: str = "", *, whole: bool = True) -> Path:
        """Keep a picture of the page (all of it, or what is in the window), named by the test and ``name``.

        In a picture of all of it, frames that are not in the window may be empty.
        """


def artefacts() -> Path:
    """Where a run keeps what people look at afterwards: the folder that the run names, or ``build/``."""
    return Path(os.environ.get("AUTOGRADER_ARTEFACTS") or ROOT / "build")


class _Pages:
    """The pages of one test."""

    def __init__(self, browser: Browser, item: pytest.Item) -> None:
        self._browser, self._item = browser, item
        self._contexts: list[BrowserContext] = []
        self.watch = Watch()

    def new(self, *, dark: bool = False, phone: bool = False, size: Size = DESKTOP, **context: Any) -> Page:
        options = browsers.context_options(PHONE if phone else size, dark)
        opened = self._browser.new_context(**{**options, **context})
        self._contexts.append(opened)
        opened.set_default_timeout(PATIENCE)
        self.watch.attach(opened)
        return opened.new_page()

    def screenshot(self, page: Page, name: str = "", *, whole: bool = True) -> Path:
        file = self._item.path.relative_to(self._item.config.rootpath).with_suffix("")
        folder = artefacts() / "screenshots" / _plain(file.as_posix())
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{_plain(f'{self._item.name} {name}')}.jpeg"
        # A lesson is 25,000 pixels long: as PNG that takes twice as long as the page took to load and be read.
        page.screenshot(path=path, type="jpeg", quality=80, full_page=whole, animations="disabled")
        return path

    def open(self) -> list[Page]:
        return [page for context in self._contexts for page in context.pages if not page.is_closed()]

    def complaints(self) -> list[str]:
        """What was complained of until now: a page that answers has told all that it had to say before."""
        for page in self.open():
            page.evaluate("0")
        return self.watch.complaints()

    def close(self) -> None:
        for context in self._contexts:
            context.close()


_PAGES = pytest.StashKey[_Pages]()


def _plain(name: str) -> str:
    return re.sub(r"[^\w.]+", "-", name).strip("-")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    path = browsers.find()
    if path is None and os.environ.get("CI") == "true":
        pytest.fail("Chromium is not installed: .ci/run installs it, or `apt-get install chromium`.")
    if path is None:
        pytest.skip("Chromium is not installed")
    running = Chromium(path)
    yield running
    running.stop()


@pytest.fixture
def _pages(chromium: Chromium, request: pytest.FixtureRequest) -> Iterator[_Pages]:
    with chromium.awake() as browser:
        pages = _Pages(browser, request.node)
        request.node.stash[_PAGES] = pages
        yield pages
        pages.close()


@pytest.fixture
def new_page(_pages: _Pages) -> NewPage:
    """Makes pages: ``new_page(dark=True, phone=True, base_url=…)``."""
    return _pages.new


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A page as ``new_page()`` makes it."""
    return new_page()


@pytest.fixture
def watch(_pages: _Pages) -> Watch:
    """What this test's pages asked for and complained of; ``watch.allow(pattern)`` excuses some of it."""
    return _pages.watch


@pytest.fixture
def screenshot(_pages: _Pages) -> Screenshot:
    """Keeps a picture: ``screenshot(page, "dark")``."""
    return _pages.screenshot


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Hold the test responsible for what its pages complained of, and keep a picture of where it failed."""
    try:
        result = yield
    except (Exception, pytest.fail.Exception):
        if pages := item.stash.get(_PAGES, None):
            _photograph(pages, item)
            if said := pages.watch.complaints():
                item.add_report_section("call", "browser", "\n".join(f"A page {one}" for one in said))
        raise
    if (pages := item.stash.get(_PAGES, None)) and (said := pages.complaints()):
        _photograph(pages, item)
        pytest.fail("\n".join(f"A page {one}" for one in said), pytrace=False)
    return result


def _photograph(pages: _Pages, item: pytest.Item) -> None:
    for number, page in enumerate(pages.open(), 1):
        try:
            said = f"{page.url} at the end: {pages.screenshot(page, f'failed {number}', whole=False)}"
        except Exception as error:
            # The test has failed already: that a page cannot be photographed must not hide why.
            said = f"{page.url} could not be photographed: {error}"
        item.add_report_section("call", "browser", said)
