"""Checks as pytest items: each runs as soon as the scenarios it reads are stored."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from autograder.checks.spec import CheckSpec
from autograder.checks.verdict import Board, Verdict

__all__ = ["CheckItem", "ask"]

# Everything that neither a check nor its report needs: a check over stored evidence takes microseconds.
_WITHOUT = [
    "cacheprovider",
    "capture",
    "debugging",
    "doctest",
    "faulthandler",
    "freeze_support",
    "junitxml",
    "legacypath",
    "logging",
    "monkeypatch",
    "pastebin",
    "python_path",
    "recwarn",
    "setuponly",
    "setupplan",
    "stepwise",
    "subtests",
    "terminal",
    "threadexception",
    "tmpdir",
    "unittest",
    "unraisableexception",
    "warnings",
]
# The surroundings of whoever calls us must not change how checks run.
_FOREIGN = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_CURRENT_TEST", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")


class _NotPassed(Exception):
    """Carries a verdict to pytest's report."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.message)
        self.verdict = verdict


class CheckItem(pytest.Item):
    """One check."""

    def __init__(self, *, spec: CheckSpec, board: Board, **rest: Any) -> None:
        super().__init__(**rest)
        self.spec = spec
        self.board = board

    def runtest(self) -> None:
        said = StringIO()
        with redirect_stdout(said), redirect_stderr(said):
            verdict = self.board.judge(self.spec)
        if said.getvalue():
            self.add_report_section("call", "output", said.getvalue())
        if verdict.outcome == "skipped":
            pytest.skip(verdict.message)
        if verdict.outcome != "passed":
            raise _NotPassed(verdict)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        if isinstance(excinfo.value, _NotPassed):
            verdict = excinfo.value.verdict
            parts = (verdict.message, f"Expected: {verdict.expected}", f"Observed: {verdict.observed}")
            return "\n".join(parts)
        return str(excinfo.getrepr(style="short"))

    def reportinfo(self) -> tuple[Path, int, str]:
        return Path(self.spec.function.__code__.co_filename), self.spec.line - 1, self.spec.title


class _Plugin:
    """Collects a board's checks and runs each when it is ready. ``arrivals`` puts evidence on the board."""

    def __init__(self, board: Board, arrivals: Iterator[None], on_verdict: Callable[[Verdict], None]) -> None:
        self._board = board
        self._arrivals = arrivals
        self._on_verdict = on_verdict
        self.raised: BaseException | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool:
        session.items = [
            CheckItem.from_parent(session, name=spec.id, spec=spec, board=self._board)
            for spec in self._board.specs
        ]
        session.testscollected = len(session.items)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.name: item for item in session.items}
        try:
            self._run_ready(items)
            for _ in self._arrivals:
                self._run_ready(items)
            self._board.close()
            self._run_ready(items)
        except BaseException as error:
            # pytest would make an exit code of it; an interrupt has to reach whoever called us.
            self.raised = error
        return True

    def _run_ready(self, items: dict[str, pytest.Item]) -> None:
        while (spec := self._board.ready()) is not None:
            item = items[spec.id]
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            self._on_verdict(self._board.verdicts[spec.id])


def ask(
    board: Board, arrivals: Iterator[None], on_verdict: Callable[[Verdict], None] = lambda verdict: None
) -> None:
    """Run every check of the board, each as soon as it can be. What ``arrivals`` raises comes out."""
    plugin = _Plugin(board, arrivals, on_verdict)
    options = [
        "--disable-plugin-autoload",
        "--noconftest",
        "--assert=plain",
        f"--rootdir={os.sep}",
        "-c",
        os.devnull,
    ]
    without = [option for name in _WITHOUT for option in ("-p", f"no:{name}")]
    with _own_surroundings():
        pytest.main([*options, *without], plugins=[plugin])
    if plugin.raised is not None:
        raise plugin.raised
    if len(board.verdicts) < len(board.specs):
        raise RuntimeError("pytest ended before every check had a verdict")


@contextmanager
def _own_surroundings() -> Iterator[None]:
    kept = {name: os.environ.pop(name) for name in _FOREIGN if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)
