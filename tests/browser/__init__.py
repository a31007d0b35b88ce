"""Pages in a real browser: Debian's Chromium, driven by Playwright. The fixtures are in ``tests.browser.fixtures``.

A test asks for ``page`` (a fresh one: 1280x900, light), or for ``new_page`` and says how it should be::

    def test_the_home_page(new_page: NewPage, screenshot: Screenshot, watch: Watch) -> None:
        page = new_page(dark=True, phone=True)
        page.goto(address)
        assert axe(page) == []
        assert sideways(page) == []
        screenshot(page, "home")

A test fails at its end if a page asked another origin than its own for anything, wrote an error to the console, or
let an exception go uncaught; ``watch`` names what is allowed.
"""

from tests.browser.chromium import PHONE
from tests.browser.fixtures import NewPage, Screenshot
from tests.browser.looking import axe, faint, sideways
from tests.browser.watching import Watch

__all__ = ["PHONE", "NewPage", "Screenshot", "Watch", "axe", "faint", "sideways"]
