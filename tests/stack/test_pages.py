"""The inbox and the Slack channel as pages of Jupyter's server, in Chromium."""

from __future__ import annotations

import json
import smtplib
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from autograder.evidence import Mail, SlackMessage
from tests.browser import NewPage, Screenshot, Watch, axe, faint, sideways
from tests.stack.conftest import BASE, Jupyter
from tests.stack.jupyter import TOKEN

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SECONDS = 1_763_600_000.0
LOG = "/airflow/dags/broken/runs/r/tasks/load?try_number=1"


def mail(subject: str = "Failed: load", **fields: Any) -> Mail:
    given: dict[str, Any] = {
        "component": "worker",
        "sender": "airflow@example.com",
        "to": ["team@example.com"],
        "text": "It failed.",
        "html": f'<h2>load failed</h2><p>disk full. <a href="http://10.0.0.1:8080{BASE[:-1]}{LOG}">Log</a></p>'
        "<script>parent.document.title = 'taken'</script><img src='http://tracker.example/x.png' alt='a chart'>",
        "headers": {"X-Airflow": "yes"},
    }
    return Mail(
        id=1, execution=1, phase="import or callback", at=SECONDS, subject=subject, **(given | fields)
    )


def message(text: str = ":red_circle: *load* failed", **fields: Any) -> SlackMessage:
    payload = {"text": f"{text}, <http://10.0.0.1:8080{BASE[:-1]}{LOG}|log>"}
    given: dict[str, Any] = {
        "component": "DAG processor",
        "door": "webhook",
        "payload": payload,
        "status": 200,
    }
    return SlackMessage(
        id=1, execution=1, phase="import or callback", at=SECONDS, text=text, **(given | fields)
    )


@pytest.fixture(autouse=True)
def _empty(jupyter: Jupyter) -> None:
    jupyter.shelf.clear("mails")
    jupyter.shelf.clear("slack")


def sound(page: Page) -> None:
    assert axe(page) == []
    assert faint(page) == []
    assert sideways(page) == []


def test_an_empty_inbox_says_what_to_do_and_a_mail_appears_by_itself(
    jupyter: Jupyter, page: Page, screenshot: Screenshot
) -> None:
    page.goto(jupyter.address("inbox/"))
    assert "No mail yet." in page.inner_text("#empty")
    assert page.is_hidden("#clear")
    sound(page)
    screenshot(page, "empty")
    to = json.loads(jupyter.environment("worker")["AIRFLOW_CONN_SMTP_DEFAULT"])
    with smtplib.SMTP(to["host"], to["port"], timeout=5) as client:
        client.login(to["login"], to["password"])
        client.sendmail("airflow@example.com", ["team@example.com"], "Subject: First\r\n\r\nIt failed.")
    page.wait_for_selector("text=First")
    assert page.is_hidden("#empty")
    # What is shown stays the same element: nothing is drawn anew.
    page.evaluate("document.querySelector('.ag-mail').id = 'first'")
    jupyter.shelf.put("mails", mail("Second"))
    page.wait_for_selector("text=Second")
    assert page.locator(".ag-mail").evaluate_all("all => all.map(one => one.id)") == ["", "first"]
    assert page.inner_text("#count") == "2, newest first"


def test_a_mail_is_shown_as_it_looks_and_does_nothing(jupyter: Jupyter, page: Page) -> None:
    jupyter.shelf.put("mails", mail())
    page.goto(jupyter.address("inbox/"))
    said = page.inner_text(".ag-mail")
    for words in ("airflow@example.com", "team@example.com", "Failed: load", "the worker, which runs tasks"):
        assert words in said
    frame = page.frames[1]
    assert frame.inner_text("h2") == "load failed"
    assert "a chart" in frame.inner_text("body")
    assert page.title() == "Inbox"
    link = page.locator(".ag-links a")
    assert link.get_attribute("href") == f"{BASE[:-1]}{LOG}"
    assert page.locator("time").get_attribute("datetime") == "2025-11-20T00:53:20+00:00"


def test_slack_messages_are_shown_as_they_look(jupyter: Jupyter, page: Page) -> None:
    jupyter.shelf.put("slack", message())
    jupyter.shelf.put("slack", message("", payload={}, error="no_text", status=400))
    page.goto(jupyter.address("slack/"))
    first, second = page.locator(".ag-slack").all()
    assert "refused: no_text" in first.inner_text()
    assert second.locator("b", has_text="load").count() == 1
    assert "Sent by the DAG processor, through the webhook" in second.inner_text()
    assert second.get_by_role("link", name="log").get_attribute("href") == f"{BASE[:-1]}{LOG}"


def test_clearing_forgets_them_here_and_in_other_windows(jupyter: Jupyter, new_page: NewPage) -> None:
    jupyter.shelf.put("mails", mail())
    here, there = new_page(), new_page()
    for page in (here, there):
        page.goto(jupyter.address("inbox/"))
        assert page.locator(".ag-mail").count() == 1
    here.click("#clear")
    for page in (here, there):
        page.wait_for_selector("#empty:visible")
        assert page.locator(".ag-mail").count() == 0
    assert here.evaluate("document.activeElement.id") == "head"
    assert jupyter.shelf.names("mails") == []


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_pages_are_readable(
    jupyter: Jupyter, new_page: NewPage, screenshot: Screenshot, dark: bool, phone: bool
) -> None:
    jupyter.shelf.put("mails", mail("A" * 200, sender=f"{'long' * 30}@example.com"))
    jupyter.shelf.put("mails", mail("Plain", html=None, component=None))
    jupyter.shelf.put("slack", message())
    page = new_page(dark=dark, phone=phone)
    for path in ("inbox/", "slack/"):
        page.goto(jupyter.address(path))
        page.get_by_text("newest first").wait_for()
        sound(page)
        screenshot(page, path)
    page.click("text=Inbox")
    assert page.title() == "Inbox"


@pytest.mark.parametrize("path", ["inbox/", "inbox/items", "slack/", "inbox/deliveries.js"])
def test_nobody_sees_them_without_the_token(jupyter: Jupyter, path: str) -> None:
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    opener = urllib.request.build_opener(Stay)
    with pytest.raises(urllib.error.HTTPError) as refused:
        opener.open(jupyter.base + path, timeout=5)
    assert refused.value.code == 302
    assert "/login" in refused.value.headers["Location"]


def test_another_site_cannot_clear_them(jupyter: Jupyter, page: Page, watch: Watch) -> None:
    watch.allow("403")
    jupyter.shelf.put("mails", mail())
    page.goto(jupyter.address("inbox/"))
    status = page.evaluate("async () => (await fetch('items', {method: 'DELETE'})).status")
    assert status == 403
    assert len(jupyter.shelf.names("mails")) == 1
    page.context.clear_cookies()
    request = urllib.request.Request(f"{jupyter.base}inbox", headers={"Authorization": f"token {TOKEN}"})
    assert urllib.request.urlopen(request, timeout=5).url.endswith("/inbox/")
