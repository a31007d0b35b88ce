"""One real Airflow, behind Jupyter's server and below a path: a failing task is seen everywhere it should be."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import psutil
import pytest

from autograder.airflow33.components import health_path
from autograder.stack.processes import MARK
from tests.browser import NewPage, Screenshot, Watch
from tests.stack.conftest import BASE, Jupyter

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DAG = """
from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier
from airflow.providers.smtp.notifications.smtp import SmtpNotifier
from airflow.sdk import dag, task
from coursekit import connect


def release(context):
    for number in range(2):
        connect("database").close()
    print("released")


MAIL = SmtpNotifier(
    to="team@example.com",
    subject="{{ ti.task_id }} failed",
    html_content='<p>Try {{ ti.try_number }}. <a href="{{ ti.log_url }}">Log</a></p>',
)
SLACK = SlackWebhookNotifier(
    slack_webhook_conn_id="slack_webhook", text=":red_circle: *{{ ti.task_id }}* failed, <{{ ti.log_url }}|log>"
)


@dag(schedule=None, default_args={"on_failure_callback": [release, MAIL, SLACK]})
def broken():
    @task
    def load():
        print("looking for room")
        raise OSError("disk full")

    load()


broken()
"""


class Api:
    """Airflow's public REST API through the proxy, for somebody whom page and Airflow know."""

    def __init__(self, page: Page, jupyter: Jupyter) -> None:
        self._page, self._base = page, f"{jupyter.base}airflow/"

    def __call__(self, path: str, data: Any = None) -> Any:
        method = "GET" if data is None else "POST"
        headers = {"Accept": "application/json"}
        answer = self._page.request.fetch(self._base + path, method=method, data=data, headers=headers)
        assert answer.ok, answer.text()
        return answer.json()


def wait_for(what: Callable[[], Any], seconds: float) -> Any:
    until = time.monotonic() + seconds
    while True:
        if found := what():
            return found
        assert time.monotonic() < until, "It did not happen in time."
        time.sleep(0.3)


def of_the_stack(jupyter: Jupyter) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK) == str(jupyter.work / ".cache" / "airflow"):
                found.append(process)
    return found


def port_of(stack: list[psutil.Process]) -> int:
    """Where Airflow itself listens."""
    (port,) = {
        connection.laddr.port
        for process in stack
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    return int(port)


def test_a_failed_task_is_seen_in_airflow_in_the_inbox_and_in_slack(
    jupyter: Jupyter, new_page: NewPage, screenshot: Screenshot, watch: Watch
) -> None:
    folder = jupyter.work / "02-failure-callbacks"
    for place in (folder, folder / ".ipynb_checkpoints", jupyter.work / ".backups"):
        place.mkdir(parents=True)
        (place / "dag.py").write_text(DAG)
    (folder / "lab.ipynb").write_text('{"cells": ["from airflow.sdk import dag"]}')
    page = new_page()
    page.goto(jupyter.address("inbox/"))
    started = time.monotonic()

    # The first visit starts it, and says so at once.
    page.goto(f"{jupyter.base}airflow/")
    assert page.inner_text("h1") == "Airflow is starting"
    screenshot(page, "starting")
    page.get_by_text("Dag Processor").wait_for(timeout=110_000)
    print(f"healthy after {time.monotonic() - started:.1f} seconds")
    screenshot(page, "home", whole=False)

    api = Api(page, jupyter)
    wait_for(lambda: api("api/v2/dags")["dags"], 30)
    (dag,) = api("api/v2/dags")["dags"]
    assert (dag["dag_id"], dag["relative_fileloc"]) == ("broken", "02-failure-callbacks/dag.py")
    assert not dag["is_paused"]
    assert api("api/v2/importErrors")["total_entries"] == 0

    begun = api("api/v2/dags/broken/dagRuns", {"logical_date": None})
    run = f"api/v2/dags/broken/dagRuns/{quote(begun['dag_run_id'])}"
    wait_for(lambda: api(run)["state"] in ("success", "failed"), 60)
    assert api(run)["state"] == "failed"
    wait_for(lambda: jupyter.shelf.names("slack"), 30)
    events = [line["event"] for line in api(f"{run}/taskInstances/load/logs/1")["content"]]
    for said in ("looking for room", "Task failed with exception", "released"):
        assert said in events

    # The same in pages.
    page.goto(f"{jupyter.base}airflow/dags/broken/runs")
    page.get_by_text("Failed", exact=True).first.wait_for()
    screenshot(page, "runs", whole=False)
    page.goto(f"{jupyter.base}slack/")
    assert "load failed, log" in page.inner_text(".ag-slack-body")
    page.goto(f"{jupyter.base}inbox/")
    assert "load failed" in page.inner_text(".ag-subject")
    assert "the worker" in page.inner_text(".ag-mail")
    page.goto(f"http://127.0.0.1:{jupyter.port}{page.locator('.ag-links a').get_attribute('href')}")
    page.get_by_text("OSError: disk full").wait_for()
    screenshot(page, "log", whole=False)
    assert watch.foreign == []

    # A changed file is seen soon.
    (folder / "dag.py").write_text(DAG.replace("broken()", "mended()").replace("def broken", "def mended"))
    wait_for(lambda: "mended" in [one["dag_id"] for one in api("api/v2/dags")["dags"]], 30)

    everyone = of_the_stack(jupyter)
    assert len(everyone) >= 7
    memory = sum(process.memory_full_info().pss for process in everyone) / 1e6
    print(f"{len(everyone)} processes, {memory:.0f} MB")
    ports = {
        connection.laddr.ip
        for process in [*everyone, psutil.Process(jupyter.process.pid)]
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert ports == {"127.0.0.1"}
    # Whoever else is on this machine knows the port, and no more.
    for path, status in (("", 403), ("auth/token", 403), ("api/v2/version", 403), (health_path, 200)):
        answer = httpx.get(f"http://127.0.0.1:{port_of(everyone)}{BASE}airflow/{path}")
        assert (path, answer.status_code) == (path, status)
    assert sorted(one.name for one in jupyter.work.iterdir()) == [
        ".airflowignore",
        ".backups",
        ".cache",
        "02-failure-callbacks",
    ]

    page.close()
    jupyter.process.kill()
    killed = time.monotonic()
    wait_for(lambda: not of_the_stack(jupyter), 15)
    print(f"gone {time.monotonic() - killed:.1f} seconds after Jupyter's server was killed")
