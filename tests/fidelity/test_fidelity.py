"""A selection of what ``make fidelity`` compares: a real Airflow and our runner say the same of the same DAGs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fidelity.both import Verdict, compare
from tests.fidelity.cases import CASES, Case

pytestmark = pytest.mark.slow

QUICK = [case for case in CASES if case.quick]


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> dict[str, Verdict]:
    found = compare(QUICK, tmp_path_factory.mktemp("fidelity"), cache)
    return {verdict.case.name: verdict for verdict in found}


@pytest.mark.parametrize("case", QUICK, ids=lambda case: case.name)
def test_both_worlds_say_the_same(verdicts: dict[str, Verdict], case: Case) -> None:
    verdict = verdicts[case.name]
    assert verdict.theirs.lines, "the probes of the real world said nothing"
    assert verdict.unexplained == []
