"""Graders in every setting, started when they are first needed, and the table that ``make hostile`` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.hostile.harness import SETTINGS, Harness, HarnessFailed, open_harness

Note = Callable[..., None]
_NOTES = pytest.StashKey[dict[str, dict[str, Text]]]()
"""Submission → setting → what became of it."""
_CONTAINED = "contained"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--table", action="store_true", help="print what became of each hostile submission")


@pytest.fixture(scope="session")
def harness(cache: Path) -> Iterator[Callable[[str], Harness]]:
    """``harness("B")`` → the grader in that setting; skips where this machine does not have it."""
    opened: dict[str, Harness] = {}
    broken: dict[str, str] = {}
    with ExitStack() as stack:

        def get(name: str) -> Harness:
            setting = SETTINGS[name]
            if setting.lacking:
                pytest.skip(setting.lacking)
            if name in broken:
                pytest.fail(broken[name])
            if name not in opened:
                try:
                    opened[name] = stack.enter_context(open_harness(setting, cache))
                except HarnessFailed as error:
                    # The same again for every submission would take as long again.
                    broken[name] = str(error)
                    raise
            return opened[name]

        yield get


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Note:
    """``note(submission, setting, wrong)``: for the table. ``known``: it need not hold, and the record says so."""

    def note(submission: str, setting: str, wrong: list[str], *, known: bool = False) -> None:
        # As text: what a submission says is no markup.
        cell = Text("; ".join(wrong)[:80], "red") if wrong else Text("open, as said" if known else _CONTAINED)
        request.config.stash.setdefault(_NOTES, {}).setdefault(submission, {})[setting] = cell

    return note


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    notes = terminalreporter.config.stash.get(_NOTES, {})
    # Unknown where this folder was not named on the command line.
    if not notes or not terminalreporter.config.getoption("--table", default=False):
        return
    table = Table("submission", *SETTINGS, title="Hostile submissions")
    for name, row in sorted(notes.items()):
        table.add_row(name, *(row.get(setting, "-") for setting in SETTINGS))
    Console(width=100).print(table)
    cells = [cell.plain for row in notes.values() for cell in row.values()]
    terminalreporter.write_line(f"contained: {cells.count(_CONTAINED)} of {len(cells)}")
