"""The pages in a real browser: nothing leaves it, everything can be read and reached."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from autograder.report import html
from tests.report import samples

pytestmark = pytest.mark.browser

FLAGS = (
    "headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
    "disable-component-update", "disable-sync", "disable-default-apps", "disable-extensions",
)  # fmt: skip
EVIDENCE = {one.name: one for one in (samples.fails(), samples.loses(), samples.stopped())}
PAGES: dict[str, Callable[[], str]] = {
    "result": lambda: html.render(samples.partly(), EVIDENCE),
    "withheld": lambda: html.render(samples.withheld(), EVIDENCE),
    "unrunnable": lambda: html.render(samples.unrunnable(), {}),
    "hostile": lambda: html.render(samples.hostile_result(), {"hostile": samples.hostile()}),
    "run": lambda: html.render_run(samples.loses()),
}
LAB = {
    "light": "--jp-layout-color1:#fff;--jp-content-font-color1:rgba(0,0,0,.87);--jp-content-link-color:#1976d2",
    "dark": "--jp-layout-color1:#111;--jp-content-font-color1:#fff;--jp-content-link-color:#64b5f6",
}
OPEN = "document.querySelectorAll('details').forEach(d => d.open = true)"
# The contrast of every piece of text against the colour that is painted behind it, as WCAG 2 defines it.
CONTRAST = """
const parse = c => { const n = c.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n };
const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
const linear = v => v / 255 <= .04045 ? v / 255 / 12.92 : ((v / 255 + .055) / 1.055) ** 2.4;
const light = c => .2126 * linear(c[0]) + .7152 * linear(c[1]) + .0722 * linear(c[2]);
const behind = e => {
  const all = [];
  for (; e; e = e.parentElement) all.push(parse(getComputedStyle(e).backgroundColor));
  return all.reverse().reduce((below, one) => over(one, below), [255, 255, 255, 1]) };
const poor = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const e = walk.currentNode.parentElement, style = getComputedStyle(e);
  if (!walk.currentNode.data.trim() || ['STYLE', 'TITLE', 'DESC', 'title', 'desc'].includes(e.tagName)) continue;
  const back = behind(e), ink = over(parse(e.closest('svg') ? style.fill : style.color), back);
  const [a, b] = [light(ink), light(back)].sort((x, y) => y - x), ratio = (a + .05) / (b + .05);
  const words = walk.currentNode.data.trim().slice(0, 40);
  if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${e.className.baseVal ?? e.className} ${words}`);
}
return [...new Set(poor)];
"""


class Browser:
    def __init__(self, driver: webdriver.Chrome, folder: Path) -> None:
        self.driver, self._folder = driver, folder

    def open(self, page: str, *, width: int = 1100, dark: bool = False) -> None:
        path = self._folder / "page.html"
        path.write_text(page, encoding="utf-8")
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.logs("performance")
        self.logs("browser")
        self.driver.get(path.as_uri())

    def logs(self, kind: str) -> list[dict[str, Any]]:
        return list(self.driver.get_log(kind))  # type: ignore[no-untyped-call]

    def requests(self) -> list[str]:
        """The addresses that were asked for since the page was opened."""
        messages = [json.loads(entry["message"])["message"] for entry in self.logs("performance")]
        sent = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
        return [
            url for url in sent if not url.endswith("/page.html") and not url.startswith(("data:", "about:"))
        ]

    def run(self, script: str) -> Any:
        return self.driver.execute_script(script)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("Chromium or its driver is not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in FLAGS:
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    running = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield Browser(running, tmp_path_factory.mktemp("pages"))
    finally:
        running.quit()


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_asked_for_and_nothing_is_refused(browser: Browser, name: str) -> None:
    browser.open(PAGES[name]())
    browser.run(OPEN)
    browser.run(
        "document.querySelectorAll('iframe').forEach(f => { f.loading = 'eager'; f.scrollIntoView() })"
    )
    browser.run("window.scrollTo(0, document.body.scrollHeight)")
    assert browser.requests() == []
    refused = [
        entry["message"] for entry in browser.logs("browser") if "evil.example" not in entry["message"]
    ]
    assert refused == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_all_text_stands_out_from_what_is_behind_it(browser: Browser, name: str, dark: bool) -> None:
    browser.open(PAGES[name](), dark=dark)
    browser.run(OPEN)
    assert browser.run(CONTRAST) == []


@pytest.mark.parametrize("dark", [False, True], ids=["system-light", "system-dark"])
@pytest.mark.parametrize("theme", LAB)
def test_a_card_follows_the_notebook_and_not_the_system(browser: Browser, theme: str, dark: bool) -> None:
    card = html.render_card(samples.partly(), EVIDENCE)
    light = "true" if theme == "light" else "false"
    body = f'<body data-jp-theme-light="{light}" style="background: var(--jp-layout-color1)">{card}</body>'
    browser.open(f"<!doctype html><style>:root {{{LAB[theme]}}}</style>{body}", dark=dark)
    browser.run(OPEN)
    assert browser.run(CONTRAST) == []
    expected = {"light": "rgb(255, 255, 255)", "dark": "rgb(17, 17, 17)"}[theme]
    assert browser.run("return getComputedStyle(document.querySelector('.ag')).backgroundColor") == expected


@pytest.mark.parametrize("width", [320, 375, 768, 1400])
@pytest.mark.parametrize("name", PAGES)
def test_no_width_makes_the_page_scroll_sideways(browser: Browser, name: str, width: int) -> None:
    browser.open(PAGES[name](), width=width)
    browser.run(OPEN)
    assert browser.run("return document.documentElement.scrollWidth") <= width


def test_the_keyboard_opens_a_hint_after_a_hint(browser: Browser) -> None:
    browser.open(PAGES["result"]())
    hint = browser.driver.find_element(By.CSS_SELECTOR, ".ag-is-failed .ag-hint > summary")
    inner = browser.driver.find_element(By.CSS_SELECTOR, ".ag-is-failed .ag-hint .ag-hint > p")
    browser.run("document.querySelector('.ag-is-failed .ag-hint > summary').focus()")
    assert browser.driver.switch_to.active_element == hint
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.driver.find_element(By.CSS_SELECTOR, ".ag-is-failed .ag-hint > p").is_displayed()
    assert not inner.is_displayed()
    browser.driver.switch_to.active_element.send_keys(Keys.TAB)
    browser.driver.switch_to.active_element.send_keys(Keys.SPACE)
    assert inner.is_displayed()


def test_an_evidence_line_opens_the_scenario_it_leads_to(browser: Browser) -> None:
    browser.open(PAGES["result"]())
    browser.run("document.querySelectorAll('.ag-scene').forEach(d => d.open = false)")
    mail = browser.driver.find_element(By.CSS_SELECTOR, ".ag-mail")
    assert not mail.is_displayed()
    browser.driver.find_element(By.CSS_SELECTOR, ".ag-is-failed .ag-evidence a").send_keys(Keys.ENTER)
    assert mail.is_displayed()


def test_a_mail_is_seen_as_its_reader_sees_it(browser: Browser) -> None:
    browser.open(html.render_run(samples.fails()))
    frame = browser.driver.find_element(By.CSS_SELECTOR, ".ag-mail iframe")
    browser.run("document.querySelector('.ag-mail iframe').scrollIntoView()")
    assert frame.size["height"] > 100
    browser.driver.switch_to.frame(frame)
    try:
        heading = browser.driver.find_element(By.TAG_NAME, "h2")
        assert heading.text == "email_notification failed"
        assert heading.value_of_css_property("color") == "rgba(164, 22, 26, 1)"
        assert "<b>disk</b> & 1f0c9ad34be2" in browser.driver.find_element(By.TAG_NAME, "body").text
    finally:
        browser.driver.switch_to.default_content()


def test_a_hostile_mail_has_neither_scripts_nor_the_pages_origin(browser: Browser) -> None:
    """Even a frame whose document we did not write anew could do nothing."""
    page = html.render_run(samples.fails())
    start = page.index('srcdoc="') + len('srcdoc="')
    hostile = "&lt;script&gt;parent.document.title=&#34;owned&#34;;document.title=&#34;owned&#34;&lt;/script&gt;" \
        "&lt;img src=&#34;http://127.0.0.1:9/x.png&#34; onerror=&#34;top.location=1&#34;&gt;"  # fmt: skip
    browser.open(page[:start] + hostile + page[page.index('"', start) :])
    browser.run("document.querySelector('.ag-mail iframe').scrollIntoView()")
    frame = browser.driver.find_element(By.CSS_SELECTOR, ".ag-mail iframe")
    browser.driver.switch_to.frame(frame)
    browser.driver.switch_to.default_content()
    assert "owned" not in browser.driver.title
    assert browser.requests() == []


def test_print_shows_what_is_folded(browser: Browser) -> None:
    browser.open(PAGES["result"]())
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    bodies = "[...document.querySelectorAll('.ag-scene-body')]"
    hidden = browser.run(f"return {bodies}.filter(e => e.getBoundingClientRect().height < 20).length")
    assert hidden == 0
