"""The pages in a real browser: nothing leaves it, everything can be read and reached."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from autograder.report import html
from tests.browser import PHONE, NewPage, Screenshot, Watch, axe, faint, sideways
from tests.report import samples

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

EVIDENCE = {one.name: one for one in (samples.fails(), samples.loses(), samples.stopped())}
PAGES: dict[str, Callable[[], str]] = {
    "result": lambda: html.render(samples.partly(), EVIDENCE),
    "withheld": lambda: html.render(samples.withheld(), EVIDENCE),
    "unrunnable": lambda: html.render(samples.unrunnable(), {}),
    "hostile": lambda: html.render(samples.hostile_result(), {"hostile": samples.hostile()}),
    "run": lambda: html.render_run(samples.loses()),
    "late": lambda: html.render_run(samples.late()),
}
LAB = {
    "light": "--jp-layout-color1:#fff;--jp-content-font-color1:rgba(0,0,0,.87);--jp-content-link-color:#1976d2",
    "dark": "--jp-layout-color1:#111;--jp-content-font-color1:#fff;--jp-content-link-color:#64b5f6",
}
# JupyterLab's own rules for what stands in an output, as far as they touch code in tables.
LAB_RULES = """
.jp-ThemedContainer .jp-RenderedHTMLCommon code { font-size: inherit; line-height: 1.3; padding: 0; }
.jp-ThemedContainer .jp-RenderedHTMLCommon :not(pre) > code { padding: 1px 5px; background-color: #eee; }
.jp-RenderedHTMLCommon :is(td, th, tr) { line-height: normal; padding: .5em; }
"""
# How far the boxes of one wrapped piece of code reach into each other: what is below paints over underscores.
OVERLAPS = """() => {
  const code = document.querySelector(".ag td code");
  code.parentElement.style.cssText = "display: block; width: 6rem";
  const boxes = [...code.getClientRects()];
  return [boxes.length, ...boxes.slice(1).map((box, i) => boxes[i].bottom - box.top).filter((over) => over > 0)];
}"""
UNFOLD = "document.querySelectorAll('details').forEach(d => d.open = true)"
UNSCROLL = "document.querySelectorAll('iframe').forEach(f => { f.loading = 'eager'; f.scrollIntoView() })"

Open = Callable[..., "Page"]


def unfold(page: Page) -> None:
    """Open all that is folded, and load what is loaded when somebody scrolls there."""
    page.evaluate(UNFOLD)
    page.evaluate(UNSCROLL)
    for mail in page.query_selector_all("iframe"):
        frame = mail.content_frame()
        assert frame is not None
        frame.wait_for_url("about:srcdoc")
    page.evaluate("window.scrollTo(0, 0)")


@pytest.fixture
def show(new_page: NewPage, tmp_path: Path) -> Open:
    """``show(markup, dark=…, width=…)``: the page, as a file that somebody opens."""

    def show(markup: str, *, width: int = 1100, dark: bool = False) -> Page:
        path = tmp_path / "page.html"
        path.write_text(markup, encoding="utf-8")
        page = new_page(size=(width, 900), dark=dark)
        page.goto(path.as_uri())
        return page

    return show


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_asked_for_and_nothing_is_refused(show: Open, watch: Watch, name: str) -> None:
    watch.allow("evil.example")
    page = show(PAGES[name]())
    unfold(page)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_load_state("networkidle")
    assert watch.requests == [page.url]
    assert [said for said in watch.console if "evil.example" not in said] == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_all_can_be_read_and_reached(
    show: Open, watch: Watch, screenshot: Screenshot, name: str, dark: bool
) -> None:
    """All text stands out from what is behind it, and axe finds nothing serious, folded or unfolded."""
    watch.allow("evil.example")
    page = show(PAGES[name](), dark=dark)
    assert axe(page) == []
    unfold(page)
    assert axe(page) == []
    assert faint(page) == []
    screenshot(page)


@pytest.mark.parametrize("dark", [False, True], ids=["system-light", "system-dark"])
@pytest.mark.parametrize("theme", LAB)
def test_a_card_follows_the_notebook_and_not_the_system(
    show: Open, screenshot: Screenshot, theme: str, dark: bool
) -> None:
    card = html.render_card(samples.partly(), EVIDENCE)
    light = "true" if theme == "light" else "false"
    body = f'<body data-jp-theme-light="{light}" style="background: var(--jp-layout-color1)">{card}</body>'
    page = show(f"<!doctype html><style>:root {{{LAB[theme]}}}</style>{body}", dark=dark)
    unfold(page)
    assert faint(page) == []
    assert axe(page, ".ag") == []
    expected = {"light": "rgb(255, 255, 255)", "dark": "rgb(17, 17, 17)"}[theme]
    assert page.evaluate("getComputedStyle(document.querySelector('.ag')).backgroundColor") == expected
    screenshot(page)


@pytest.mark.parametrize("around", ["", LAB_RULES], ids=["page", "lab"])
def test_wrapped_code_in_a_table_keeps_its_underscores(show: Open, around: str) -> None:
    card = html.render_run_card(samples.loses())
    shown = f'<div class="jp-RenderedHTMLCommon">{card}</div>'
    page = show(f'<!doctype html><style>{around}</style><body class="jp-ThemedContainer">{shown}</body>')
    unfold(page)
    lines, *overlaps = page.evaluate(OVERLAPS)
    assert lines > 1
    assert overlaps == []


@pytest.mark.parametrize("width", [320, 375, PHONE[0], 768, 1400])
@pytest.mark.parametrize("name", PAGES)
def test_no_width_makes_the_page_scroll_sideways(
    show: Open, watch: Watch, screenshot: Screenshot, name: str, width: int
) -> None:
    watch.allow("evil.example")
    page = show(PAGES[name](), width=width)
    unfold(page)
    assert page.evaluate("document.documentElement.clientWidth") == width
    assert sideways(page) == []
    if width == PHONE[0]:
        screenshot(page)


def test_the_keyboard_opens_a_hint_after_a_hint(show: Open) -> None:
    page = show(PAGES["result"]())
    first = page.locator(".ag-is-failed .ag-hint").first
    inner = first.locator(".ag-hint > p").first
    first.locator("> summary").focus()
    assert first.locator("> summary").evaluate("e => e === document.activeElement")
    page.keyboard.press("Enter")
    assert first.locator("> p").is_visible()
    assert not inner.is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert inner.is_visible()


def test_an_evidence_line_opens_the_scenario_it_leads_to(show: Open) -> None:
    page = show(PAGES["result"]())
    page.evaluate("document.querySelectorAll('.ag-scene').forEach(d => d.open = false)")
    mail = page.locator(".ag-mail").first
    assert not mail.is_visible()
    page.locator(".ag-is-failed .ag-evidence a").first.press("Enter")
    mail.wait_for(state="visible")


def test_a_mail_is_seen_as_its_reader_sees_it(show: Open, screenshot: Screenshot) -> None:
    page = show(html.render_run(samples.fails()))
    frame = page.locator(".ag-mail iframe").first
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    assert box is not None
    assert box["height"] > 100
    heading = frame.content_frame.locator("h2")
    assert heading.inner_text() == "email_notification failed"
    assert heading.evaluate("e => getComputedStyle(e).color") == "rgb(164, 22, 26)"
    assert "<b>disk</b> & 1f0c9ad34be2" in frame.content_frame.locator("body").inner_text()
    # A picture of the whole page leaves frames empty that are not in the window.
    screenshot(page, whole=False)


def test_a_hostile_mail_has_neither_scripts_nor_the_pages_origin(show: Open, watch: Watch) -> None:
    """Even a frame whose document we did not write anew could do nothing."""
    watch.allow("Blocked script execution|Content Security Policy")
    whole = html.render_run(samples.fails())
    start = whole.index('srcdoc="') + len('srcdoc="')
    mail = """<script>parent.document.title="owned";document.title="owned"</script>
        <img src="http://127.0.0.1:9999/x.png" onerror="top.location=1"><p>Hello</p>"""
    page = show(whole[:start] + escape(mail) + whole[whole.index('"', start) :])
    frame = page.locator(".ag-mail iframe").first
    frame.scroll_into_view_if_needed()
    frame.content_frame.get_by_text("Hello").wait_for()
    page.wait_for_load_state("networkidle")
    assert "owned" not in page.title()
    assert watch.requests == [page.url]
    assert frame.content_frame.locator("html").evaluate("() => document.title") == ""


def test_print_shows_what_is_folded(show: Open) -> None:
    page = show(PAGES["result"]())
    page.emulate_media(media="print")
    bodies = page.locator(".ag-scene-body")
    assert bodies.count()
    heights = bodies.evaluate_all("all => all.map(e => e.getBoundingClientRect().height)")
    assert min(heights) >= 20
    longest = page.locator(".ag pre").evaluate_all("all => all.map(e => getComputedStyle(e).maxHeight)")
    assert set(longest) == {"none"}, "what scrolls on a screen is cut off on paper"
