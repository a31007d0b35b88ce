"""Somebody at the browser: finds things by what is written on them, and types."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from itertools import cycle
from typing import TYPE_CHECKING
from urllib.parse import unquote

from playwright import sync_api

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

__all__ = ["Notebook", "Person"]

LAB_OPENS = 40_000
"""Milliseconds: JupyterLab is five megabytes of script."""
CELL_ENDS = 120
"""Seconds, for a first check with a cold grader on a machine that has other work."""
GUESSES = ("1", "failed", "worker")
"""What somebody answers who has not read the lesson: what is no answer to a question is asked for again."""


class Person:
    """Studies in one browser tab. ``address`` is what the terminal showed, with its token."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self._address = address
        self.site = address.partition("?")[0]

    def opens_the_course(self) -> None:
        """As the terminal said. The first time, the pages are being made."""
        self.page.goto(self._address)
        self.page.get_by_role("heading", name="When Tasks Fail", level=1).wait_for(timeout=60_000)

    def reads(self, path: str) -> None:
        """A page of the site, by its address."""
        self.page.goto(self.site + path)
        self.page.get_by_role("heading", level=1).first.wait_for()

    def searches(self, words: str) -> list[str]:
        """The titles that the site's search finds."""
        self.page.get_by_role("textbox", name="Search").first.click()
        self.page.keyboard.type(words)
        found = self.page.locator(".md-search-result__item h1")
        found.first.wait_for()
        return [title.strip() for title in found.all_inner_texts()]

    def opens_the_notebook(self, button: str) -> Notebook:
        """By the button of the page that is being read."""
        self.page.get_by_role("link", name=button, exact=True).first.click()
        return self.finds_the_notebook()

    def finds_the_notebook(self) -> Notebook:
        """The one that the address names, in front, once its kernel is ready: others may be there from before."""
        page = self.page
        page.wait_for_url("**/lab/tree/**", timeout=LAB_OPENS)
        page.wait_for_function(
            """path => {
                const panel = window.jupyterapp?.shell.currentWidget;
                const kernel = panel?.sessionContext?.session?.kernel;
                return panel?.context?.path === path && panel.sessionContext.isReady
                    && kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
            }""",
            arg=unquote(page.url.partition("/lab/tree/")[2].partition("?")[0]),
            timeout=LAB_OPENS,
        )
        return Notebook(page)


class Notebook:
    """A notebook in JupyterLab."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._panel = page.locator(".jp-NotebookPanel:visible")

    def cell(self, text: str) -> Locator:
        """The code cell that begins with, or has, this text."""
        return self._panel.locator(".jp-CodeCell", has_text=text).first

    def code_cells(self) -> int:
        """How many code cells it has, scrolled to or not."""
        return int(
            self.page.evaluate(
                "jupyterapp.shell.currentWidget.content.widgets.filter(c => c.model.type === 'code').length"
            )
        )

    def goes_to(self, number: int) -> Locator:
        """The code cell of this number, from 0: what is not in sight is not drawn."""
        place = self.page.evaluate(
            """async number => {
                const notebook = jupyterapp.shell.currentWidget.content;
                const cell = notebook.widgets.filter(c => c.model.type === 'code')[number];
                const place = notebook.widgets.indexOf(cell);
                notebook.activeCellIndex = place;
                await notebook.scrollToCell(cell);
                return place;
            }""",
            number,
        )
        return self._panel.locator(f".jp-Cell[data-windowed-list-index='{place}']")

    def writes(self, cell: Locator, source: str) -> None:
        """In place of what is there."""
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)

    def runs(self, cell: Locator) -> Locator:
        """With Shift and Enter; answers what it asks. Returns what is shown below, when it is done."""
        cell.locator(".cm-content").click()
        before = self._count(cell)
        self.page.keyboard.press("Shift+Enter")
        done = cell.locator(".jp-InputPrompt").filter(has_text=re.compile(rf"\[(?!{before}\])\d+\]"))
        asked = cell.locator("input.jp-Stdin-input:not([disabled])").last
        until = time.monotonic() + CELL_ENDS
        guesses = cycle(GUESSES)
        while not done.count():
            assert time.monotonic() < until, f"The cell has not ended: {cell.inner_text()}"
            if asked.count():
                # Between two looks the question may be gone: then there is nothing to answer.
                with suppress(sync_api.TimeoutError):
                    asked.fill(next(guesses), timeout=1000)
                    asked.press("Enter", timeout=1000)
            self.page.wait_for_timeout(100)
        return cell.locator(".jp-Cell-outputArea")

    def restarts(self) -> None:
        """The kernel: all that it knew is gone."""
        self.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.restartKernel()")

    def saves(self) -> None:
        self.page.keyboard.press("Control+s")
        self.page.wait_for_function("!jupyterapp.shell.currentWidget.context.model.dirty")

    def _count(self, cell: Locator) -> str:
        found = re.search(r"\[(\d+)\]", cell.locator(".jp-InputPrompt").inner_text())
        return found[1] if found else "none"
