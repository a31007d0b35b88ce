"""A selection of what ``make fidelity`` compares: a real Airflow and our runner say the same of the same DAGs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.control.examples import folder_of
from tests.fidelity.both import Verdict, compare
from tests.fidelity.cases import CASES, Case
from tests.fidelity.examples import CORE, EXAMPLES, LEFT_OUT, STANDARD
from tests.fidelity.page import PAGE, page
from tests.fidelity.record import Line

pytestmark = pytest.mark.slow

QUICK = [case for case in CASES if case.quick]


def test_every_example_of_airflows_is_compared_or_left_out_for_a_reason() -> None:
    there = {
        f"{package}.{path.stem}"
        for package in (CORE, STANDARD)
        for path in folder_of(package).glob("*.py")
        if path.stem != "__init__"
    }
    assert there == EXAMPLES.keys() | LEFT_OUT.keys()
    assert not EXAMPLES.keys() & LEFT_OUT.keys()


def test_the_page_about_it_is_true() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "make it anew: python -m tests.fidelity --page"


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> dict[str, Verdict]:
    found = compare(QUICK, tmp_path_factory.mktemp("fidelity"), cache)
    return {verdict.case.name: verdict for verdict in found}


@pytest.mark.parametrize("case", QUICK, ids=lambda case: case.name)
def test_both_worlds_say_the_same(verdicts: dict[str, Verdict], case: Case) -> None:
    verdict = verdicts[case.name]
    assert verdict.theirs.lines, "the probes of the real world said nothing"
    assert verdict.differences == []


@pytest.mark.parametrize("name", ["deaths", "deferred", "outcomes", "run_timeout", "undated"])
def test_what_was_recorded_of_the_calls_is_what_the_callbacks_said(
    verdicts: dict[str, Verdict], name: str
) -> None:
    said = Counter(
        (line["component"], line["reason"], *line["keys"], *_attempt(line))
        for line in verdicts[name].ours.lines
        if not line["kind"].startswith("work")
    )
    recorded = Counter(
        (call.component, call.reason, *call.context, call.task_id, call.try_number)
        for call in verdicts[name].evidence.calls
    )
    assert recorded == said


def _attempt(line: Line) -> tuple[str | None, int | None]:
    """Whose callback it was: a DAG's own is nobody's, although it is told of a task."""
    return (None, None) if line["kind"].startswith("dag ") else (line["task"], line["try"])
