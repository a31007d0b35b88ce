"""What every test shares: the rule about skips, one migrated database, and pages in a browser."""

from __future__ import annotations

import fcntl
import os
import signal
from pathlib import Path

import pytest

pytest_plugins = ["pytester", "tests.browser.fixtures"]

ALLOWED = Path(__file__).with_name("allowed_skips.txt")


class Skips:
    """Fails a run in CI for a skip whose reason is not listed: a test that is never run proves nothing."""

    def __init__(self, allowed: set[str]) -> None:
        self._allowed = allowed
        self._unlisted: dict[str, str] = {}

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            reason = text.removeprefix("Skipped: ")
            if reason not in self._allowed:
                self._unlisted[report.nodeid] = reason

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._unlisted and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for node, reason in self._unlisted.items():
            terminalreporter.write_line(
                f"{node} was skipped in CI for a reason that {ALLOWED.name} does not list: {reason}", red=True
            )


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the migrated database is kept: it is made once, by whichever process of the tests needs it first."""
    from autograder.airflow33 import database

    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cache"
    folder.mkdir(exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        database.template(folder)
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first: else the last of them keeps one of two processes busy while the other waits."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_configure(config: pytest.Config) -> None:
    # A shell starts what it puts in the background with Ctrl-C ignored, and every process would inherit it.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    is_worker = hasattr(config, "workerinput")
    if os.environ.get("CI") == "true" and not is_worker:
        lines = ALLOWED.read_text(encoding="utf-8").splitlines()
        config.pluginmanager.register(Skips({line for line in lines if line and not line.startswith("#")}))
