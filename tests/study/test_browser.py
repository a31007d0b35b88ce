"""Pages, tiles and notebooks together, in Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.browser import NewPage, Screenshot, Watch, axe
from tests.study.serving import SLUG, Study, until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CELLS = ".jp-Notebook .jp-Cell"
# JupyterLab's own frame for a proxied page is sandboxed so, and Chromium has an opinion on that.
SANDBOX = r"An iframe which has both allow-scripts and allow-same-origin"


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """JupyterLab takes seconds, and more on a busy machine."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def learner(study: Study, new_page: NewPage, watch: Watch) -> Page:
    """Logged in, on the course's first page."""
    watch.allow(SANDBOX)
    study.page("")
    page = new_page()
    page.goto(study.address(f"course/?token={study.token}"))
    return page


def tab_of_the_course(page: Page, study: Study) -> Frame:
    page.goto(study.address("lab?reset"))
    page.locator(".jp-LauncherCard", has_text="Course").click()
    page.locator("iframe").wait_for()
    frame = page.locator("iframe").element_handle().content_frame()
    assert frame is not None
    frame.wait_for_load_state()
    return frame


def test_the_first_page_has_the_course_and_no_token_in_its_address(
    learner: Page, study: Study, screenshot: Screenshot
) -> None:
    assert learner.url == study.address("course/")
    expect(learner.get_by_role("heading", name="A small course")).to_be_visible()
    screenshot(learner)


def test_search_finds_a_lesson(learner: Page, study: Study) -> None:
    learner.goto(study.address("course/"))
    search = learner.get_by_role("textbox", name="Search")
    search.click()
    expect(learner.locator(".md-search-result__meta")).to_have_text("Type to start searching")
    search.press_sequentially("somebody")
    result = learner.locator(".md-search-result__item", has_text="Telling").first
    expect(result).to_be_visible()
    result.locator("a").first.click()
    expect(learner).to_have_url(re.compile(f"/course/lessons/{SLUG}/"))


def test_the_button_leads_to_the_learners_copy(learner: Page, study: Study, screenshot: Screenshot) -> None:
    learner.goto(study.address(f"course/lessons/{SLUG}/"))
    learner.get_by_role("link", name="Open the lab").click()
    expect(learner).to_have_url(study.address(f"lab/tree/{SLUG}/lab.ipynb"))
    expect(learner.locator(CELLS)).to_have_count(2)
    expect(learner.locator("#jp-bottom-panel")).to_contain_text("| Idle", timeout=60_000)
    learner.locator(".jp-CodeCell").click()
    learner.keyboard.press("Control+Enter")
    expect(learner.locator(".jp-OutputArea-output")).to_have_text("the lab 42", timeout=60_000)
    why = learner.locator(".jp-Notebook a", has_text="why")
    expect(why).to_have_attribute("href", f"{study.base}course/lessons/{SLUG}/#why")
    screenshot(learner)


def test_the_launcher_has_the_courses_tiles(
    learner: Page, study: Study, new_page: NewPage, screenshot: Screenshot
) -> None:
    for dark in (False, True):
        page = new_page(dark=dark)
        page.goto(study.address(f"lab?reset&token={study.token}"))
        tiles = page.locator(".jp-LauncherCard")
        for name in ("Course", "Airflow", "Inbox", "Slack"):
            expect(tiles.filter(has_text=name).locator("img")).to_be_visible()
        expect(page.locator("body")).to_have_attribute(
            "data-jp-theme-name", f"JupyterLab {'Dark' if dark else 'Light'}"
        )
        screenshot(page, "dark" if dark else "light")


def test_the_command_works_in_a_terminal(learner: Page, study: Study) -> None:
    learner.goto(study.address("lab?reset"))
    learner.locator(".jp-LauncherCard", has_text="Terminal").click()
    learner.locator(".jp-Terminal .xterm-screen").click()
    learner.keyboard.type('autograder list > "$AUTOGRADER_WORK/said"\n', delay=20)
    said = study.work / "said"
    assert until(lambda: said.is_file() and "Tell someone" in said.read_text(encoding="utf-8"))


def test_a_notebook_opens_beside_the_course(learner: Page, study: Study, screenshot: Screenshot) -> None:
    course = tab_of_the_course(learner, study)
    course.get_by_role("link", name="Open the lab").click()
    expect(learner.locator(CELLS)).to_have_count(2)
    assert learner.locator("iframe").is_visible()
    left, right = learner.locator("iframe").bounding_box(), learner.locator(".jp-Notebook").bounding_box()
    assert left is not None
    assert right is not None
    assert left["x"] + left["width"] <= right["x"] + 1
    screenshot(learner)


def test_the_exercise_is_a_notebook_that_can_be_read(
    learner: Page, study: Study, screenshot: Screenshot
) -> None:
    learner.goto(study.address(f"lab/tree/{SLUG}/exercise.ipynb?reset"))
    expect(learner.locator(".jp-Notebook h1")).to_contain_text("Tell someone")
    last = learner.locator(f"{CELLS} .cm-content").last
    expect(last).to_contain_text("%%dag 01")
    screenshot(learner)


def test_what_is_not_there_is_said_on_a_page(learner: Page, study: Study, watch: Watch) -> None:
    watch.allow(r"status of 404")
    learner.goto(study.address("course/no/such/page"))
    expect(learner.get_by_role("heading", name="No such page")).to_be_visible()
    learner.get_by_role("link", name="home page").click()
    expect(learner).to_have_url(study.address("course/"))
    expect(learner.get_by_role("heading", name="No such page")).to_have_count(0)
    learner.goto(study.address("study/open/01-tell-someone/nothing.ipynb"))
    expect(learner.get_by_role("heading", name="Not opened")).to_be_visible()
    assert axe(learner) == []
