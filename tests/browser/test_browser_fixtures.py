"""A test that opens a page fails for what the page should not have done, and disturbs no other test."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import NewPage, Screenshot, Watch, axe, faint, sideways
from tests.browser.watching import origin

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
GOOD = """<!doctype html><html lang="en"><title>Good</title><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><main><h1>Good</h1><p>Words.</p></main></html>"""
BAD = """<!doctype html><html lang="en"><title>Bad</title><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><style>.pale {color: #ccc} .wide {width: 600px}</style>
<main><h1>Bad</h1><p class="pale">Pale words</p><div class="wide">Wide</div>
<svg role="img" aria-label="a picture"><text class="drawn" y="20" fill="#ddd">Drawn words</text></svg></main></html>"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    (tmp_path / "good.html").write_text(GOOD, encoding="utf-8")
    (tmp_path / "bad.html").write_text(BAD, encoding="utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_good_page_gives_no_reason_to_complain(
    new_page: NewPage, site: str, screenshot: Screenshot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = new_page(phone=True, dark=True, base_url=site)
    page.goto("good.html")
    assert page.evaluate("[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]") == [390, True]
    assert axe(page) == []
    assert faint(page) == []
    assert sideways(page) == []
    monkeypatch.setenv("AUTOGRADER_ARTEFACTS", str(tmp_path / "kept"))
    kept = screenshot(page, "in the dark")
    assert kept.relative_to(tmp_path).as_posix() == (
        "kept/screenshots/tests-browser-test_browser_fixtures/"
        "test_a_good_page_gives_no_reason_to_complain-in-the-dark.jpeg"
    )
    assert kept.read_bytes().startswith(b"\xff\xd8\xff")


def test_what_is_wrong_with_a_page_is_said_in_sentences(new_page: NewPage, site: str) -> None:
    page = new_page(phone=True)
    page.goto(f"{site}bad.html")
    (found,) = axe(page)
    assert found.startswith(
        "serious: Elements must meet minimum color contrast ratio thresholds (color-contrast) at "
    )
    assert "Expected contrast ratio of 4.5:1" in found
    assert axe(page, without=("color-contrast",)) == []
    assert axe(page, "h1") == []
    assert [line.split(" ", 1)[1] for line in faint(page)] == ["pale Pale words", "drawn Drawn words"]
    (wide,) = sideways(page)
    assert wide.endswith("pixels wider than its window of 390: div.wide.")


def test_what_a_pages_policy_refuses_is_no_request(
    page: Page, watch: Watch, site: str, tmp_path: Path
) -> None:
    watch.allow("elsewhere.example")
    policy = """<meta http-equiv="Content-Security-Policy" content="img-src 'self' data:">"""
    (tmp_path / "strict.html").write_text(
        GOOD.replace("<main>", f"{policy}<main><img alt='' src='https://elsewhere.example/x.png'>"),
        encoding="utf-8",
    )
    with page.expect_event("requestfailed"):
        page.goto(f"{site}strict.html")
    assert watch.requests == [f"{site}strict.html"]
    assert watch.refused == ["https://elsewhere.example/x.png"]


def test_asyncio_is_free_when_no_page_is_open(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("chromium")

    async def answer() -> int:
        return 42

    assert asyncio.run(answer()) == 42


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://127.0.0.1:8888/lab?token=x", "http://127.0.0.1:8888"),
        ("ws://127.0.0.1:8888/api/kernels", "http://127.0.0.1:8888"),
        ("wss://hub.example/api", "https://hub.example"),
        ("file:///tmp/page.html", "file://"),
        ("data:text/html,x", None),
        ("blob:http://127.0.0.1/1", None),
    ],
)
def test_an_origin_is_scheme_host_and_port(address: str, expected: str | None) -> None:
    assert origin(address) == expected


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("AUTOGRADER_ARTEFACTS", str(pytester.path / "kept"))
    pytester.makeconftest('pytest_plugins = ["tests.browser.fixtures"]')
    return pytester


def test_a_test_fails_for_what_its_page_did(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("script", [
            "fetch('http://127.0.0.1:9/elsewhere').catch(() => 0)",
            "new WebSocket('ws://127.0.0.1:9/socket')",
            "console.error('oh no')",
            "setTimeout(() => missing(), 0)",
        ])
        def test_page(page, tmp_path, script):
            (tmp_path / "page.html").write_text(f"<script>{script}</script>")
            page.goto((tmp_path / "page.html").as_uri())
            page.wait_for_timeout(100)

        def test_allowed(page, tmp_path, watch):
            watch.allow("oh no")
            (tmp_path / "page.html").write_text("<script>console.error('oh no')</script>")
            page.goto((tmp_path / "page.html").as_uri())
            assert watch.requests == [(tmp_path / "page.html").as_uri()]

        def test_own_failure(page):
            page.goto("data:text/html,<script>console.error('also this')</script>")
            assert page.title() == "A title"
        """
    )
    result = suite.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=5, passed=1)
    said = result.stdout.str()
    for sentence in (
        "A page asked another origin: http://127.0.0.1:9/elsewhere",
        "A page asked another origin: ws://127.0.0.1:9/socket",
        "A page wrote to the console, error: oh no (file://",
        "A page let an exception go uncaught: ReferenceError: missing is not defined",
        "A page wrote to the console, error: also this",
    ):
        assert sentence in said, said
    assert "assert '' == 'A title'" in said
    assert len(list((suite.path / "kept" / "screenshots").rglob("*failed-1.jpeg"))) == 5


@pytest.mark.parametrize(("ci", "outcome"), [("true", {"errors": 1}), ("", {"skipped": 1})])
def test_a_missing_browser_fails_ci_and_is_a_skip_elsewhere(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, ci: str, outcome: dict[str, int]
) -> None:
    suite.makepyfile("def test_it(page): pass")
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("PATH", "")
    result = suite.runpytest_subprocess("-rsE", "-p", "no:cacheprovider")
    result.assert_outcomes(**outcome)
    result.stdout.fnmatch_lines(["*Chromium is not installed*"])
