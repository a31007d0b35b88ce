"""The site as a reader meets it: light and dark, on a phone, with a keyboard, with and without a server behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import NewPage, Screenshot, axe, sideways
from tests.site.serving import Server, serve

if TYPE_CHECKING:
    from playwright.sync_api import Page

Open = Callable[..., "Page"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = {
    "home": "",
    "lessons": "lessons/",
    "lesson 01": "lessons/01-anatomy-of-a-failure/",
    "lesson 02": "lessons/02-failure-callbacks/",
    "lesson 03": "lessons/03-slas-and-deadlines/",
    "exercises": "exercises/",
    "exercise 01": "exercises/01-anatomy-of-a-failure/",
    "exercise 02": "exercises/02-failure-callbacks/",
    "solution 01": "exercises/01-anatomy-of-a-failure/solution/",
    "notebooks": "notebooks/",
    "commands": "reference/commands/",
    "words": "reference/words/",
    "exercise.toml": "reference/exercise-toml/",
    "checks": "reference/checks/",
    "evidence": "reference/evidence/",
    "teachers": "teachers/",
    "bypass": "teachers/bypass/",
    "write an exercise": "teachers/write-an-exercise/",
    "write a lesson": "teachers/write-a-lesson/",
    "contributing": "teachers/contributing/",
    "install": "install/",
    "docker": "install/docker/",
    "jupyterhub": "install/jupyterhub/",
    "macos": "install/macos/",
    "windows": "install/windows/",
    "changelog": "changelog/",
}
DARK = {name for name in PAGES if name.startswith("lesson ")} | {
    "home",
    "exercise 02",
    "solution 01",
    "checks",
}
"""Pages on which there is everything that has colours: the others have no other colours in the dark."""
EXERCISE = "exercises/01-anatomy-of-a-failure/"
OPEN = "document.querySelectorAll('details').forEach(one => one.open = true)"
BEST = {"01-anatomy-of-a-failure": {"score": 9, "max_score": 10, "parts": {"1.1": 9}}}


@pytest.fixture
def server(built: Path) -> Iterator[Server]:
    with serve(built) as running:
        yield running


@pytest.fixture
def open_page(server: Server, new_page: NewPage) -> Open:
    """Opens a page of the course by its path; what else is given says how the window is."""

    def go(path: str, **how: Any) -> Page:
        page = new_page(**how)
        page.goto(f"{server.address}course/{path}")
        return page

    return go


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_by_everybody(open_page: Open, screenshot: Screenshot, name: str) -> None:
    page = open_page(PAGES[name])
    page.evaluate(OPEN)
    for scheme, said in (("light", "default"), ("dark", "slate"))[: 1 + (name in DARK)]:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.locator(f"body[data-md-color-scheme={said}]").wait_for()
        assert axe(page) == []
        screenshot(page, scheme)


@pytest.mark.parametrize("name", PAGES)
def test_no_page_scrolls_sideways(open_page: Open, screenshot: Screenshot, name: str) -> None:
    page = open_page(PAGES[name], phone=True)
    page.evaluate(OPEN)
    assert sideways(page) == []
    screenshot(page, "phone")
    for width in (320, 800):
        page.set_viewport_size({"width": width, "height": 844})
        assert sideways(page) == []


@pytest.mark.parametrize("name", ["lesson 02", "exercise 02", "checks"])
def test_what_is_too_wide_for_a_phone_can_be_reached_with_a_keyboard(open_page: Open, name: str) -> None:
    page = open_page(PAGES[name], phone=True)
    assert page.locator(".md-typeset [tabindex='0']").count() > 0
    assert axe(page, {"include": [".md-content"]}) == []


def test_a_search_finds_a_word_and_leads_to_it(open_page: Open) -> None:
    page = open_page("")
    page.keyboard.press("/")
    page.keyboard.type("barrier", delay=20)
    result = page.locator(".md-search-result__link").first
    result.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/reference/words/**")


def test_the_keyboard_reaches_the_text_first_and_sees_where_it_is(open_page: Open) -> None:
    page = open_page(EXERCISE)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.classList.contains('md-skip')")
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash.startsWith('#exercise-01')")
    page.keyboard.press("Tab")
    for _ in range(3):
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", page.evaluate("document.activeElement.outerHTML")
        page.keyboard.press("Tab")


def test_the_keyboard_opens_the_menu_of_a_phone(open_page: Open) -> None:
    page = open_page("", phone=True)
    page.locator('.md-header label[for="__drawer"]').focus()
    page.keyboard.press("Enter")
    page.locator(".md-nav--primary").get_by_text("For teachers").first.wait_for(state="visible")


def test_hints_open_one_after_another(open_page: Open) -> None:
    page = open_page(EXERCISE)
    check = page.locator("#check-failure_line")
    second = check.get_by_text("Hint 2 of 2")
    assert not second.is_visible()
    check.get_by_text("Hint 1 of 2").focus()
    page.keyboard.press("Enter")
    second.wait_for(state="visible")
    said = check.locator("details details > p").first
    assert not said.is_visible()
    second.click()
    said.wait_for(state="visible")


def test_the_solution_takes_two_steps(open_page: Open) -> None:
    page = open_page(EXERCISE)
    link = page.get_by_role("link", name="Show the solution of exercise 01")
    assert not link.is_visible()
    page.get_by_text("I have tried, and want to compare").click()
    link.click()
    page.wait_for_url("**/solution/")


def test_a_published_site_says_how_a_notebook_is_opened(open_page: Open, server: Server) -> None:
    page = open_page(EXERCISE)
    assert page.get_by_role("status").first.inner_text() == "on your own machine: make study"
    assert page.locator(".doors").count() == 0
    assert page.locator(".score:visible").count() == 0
    page.get_by_role("link", name="Open the notebook").click()
    page.wait_for_url("**/notebooks/#open-a-notebook")
    assert server.opened == []


def test_without_scripts_the_page_reads_well(open_page: Open, screenshot: Screenshot) -> None:
    page = open_page(EXERCISE, java_script_enabled=False)
    assert page.get_by_role("heading", level=1).inner_text().startswith("Exercise 01")
    assert page.locator(".score:visible").count() == 0
    page.get_by_text("Hint 1 of 2").first.click()
    assert page.get_by_text("Hint 2 of 2").first.is_visible()
    page.get_by_role("link", name="Open the notebook").click()
    page.wait_for_url("**/notebooks/#open-a-notebook")


def test_with_a_server_a_button_opens_the_notebook(
    open_page: Open, server: Server, screenshot: Screenshot
) -> None:
    server.go_live(**BEST)
    page = open_page(EXERCISE)
    assert page.get_by_role("status").count() == 0
    screenshot(page, "live", whole=False)
    page.get_by_role("link", name="Open the notebook").click()
    page.wait_for_url("**/user/learner/study/open/01-anatomy-of-a-failure/exercise.ipynb")
    assert server.opened == ["01-anatomy-of-a-failure/exercise.ipynb"]


def test_with_a_server_the_running_things_are_in_the_menu(open_page: Open, server: Server) -> None:
    server.go_live()
    page = open_page("")
    doors = page.get_by_role("navigation", name="Running now")
    assert doors.get_by_role("link").all_inner_texts() == ["Lab", "Airflow", "Inbox", "Slack"]
    assert doors.get_by_role("link", name="Airflow").get_attribute("href") == "/user/learner/airflow/"
    assert axe(page) == []


def test_the_best_result_is_shown_and_a_better_one_follows(
    open_page: Open, server: Server, screenshot: Screenshot
) -> None:
    server.go_live(**BEST)
    page = open_page("exercises/")
    assert page.locator(".score:visible").all_inner_texts() == ["9 of 10"]
    screenshot(page, "nine of ten", whole=False)
    server.go_live(**{"01-anatomy-of-a-failure": {"score": 10, "max_score": 10, "parts": {"1.1": 10}}})
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.get_by_text("✓ 10 of 10").wait_for()


def test_parts_have_scores_of_their_own(open_page: Open, server: Server) -> None:
    server.go_live(
        **{"02-failure-callbacks": {"score": None, "max_score": 70, "parts": {"2.1": 18, "2.2": 0}}}
    )
    page = open_page("exercises/02-failure-callbacks/")
    assert page.locator(".score:visible").all_inner_texts() == ["✓ 18 of 18", "0 of 14"]


def test_in_a_tab_of_jupyterlab_the_notebook_opens_beside_the_page(new_page: NewPage, server: Server) -> None:
    server.go_live()
    page = new_page(size=(1400, 900))
    page.goto(f"{server.address}around")
    course = page.frame_locator("iframe")
    course.get_by_role("link", name="Open the notebook").click()
    page.wait_for_function("window.told.length === 1")
    assert page.evaluate("window.told[0]") == [
        "docmanager:open",
        {"path": "01-anatomy-of-a-failure/exercise.ipynb", "options": {"mode": "split-right"}},
    ]
    doors = course.get_by_role("navigation", name="Running now")
    assert doors.get_by_role("link").all_inner_texts() == ["Airflow", "Inbox", "Slack"]
    doors.get_by_role("link", name="Inbox").click()
    page.wait_for_function("window.told.length === 2")
    assert page.evaluate("window.told[1][1].url") == "/user/learner/inbox/"


def test_on_paper_nothing_is_left_of_menus_and_buttons(open_page: Open) -> None:
    page = open_page(EXERCISE)
    page.emulate_media(media="print")
    for selector in (".md-header", ".md-sidebar", ".md-footer", ".md-typeset .buttons"):
        assert not page.locator(selector).first.is_visible(), selector
