"""Every hostile submission in every setting: contained, the next one graded as ever, and nothing left behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.hostile.cases import ISOLATION, Case, load
from tests.hostile.conftest import Note
from tests.hostile.harness import SETTINGS, Harness, failures

CASES = [load(path) for path in sorted(ISOLATION.glob("*.py"))]
_IN_TEST = {"A", "B", "C"}
"""The settings of the selection that ``make test`` runs."""


def _every() -> list[object]:
    """Setting by setting: a grader is started once."""
    return [
        pytest.param(
            setting,
            case,
            id=f"{setting.replace(' ', '-')}-{case.name}",
            marks=[] if case.quick and setting in _IN_TEST else pytest.mark.hostile,
        )
        for setting in SETTINGS
        for case in CASES
    ]


@pytest.mark.parametrize(("setting", "case"), _every())
def test_it_is_contained(setting: str, case: Case, harness: Callable[[str], Harness], note: Note) -> None:
    wrong = failures(harness(setting).meet(case), SETTINGS[setting])
    note(f"isolation/{case.name}", setting, wrong, known=not case.must_hold_in(setting))
    assert wrong == []
