"""The same scenario gives the same record, whatever runs beside it and before it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from autograder.control import Pool
from autograder.evidence import comparable
from tests.oracle.cases import CASES, DAGS, Case
from tests.oracle.conftest import differences, evidence, job


@pytest.mark.slow
@pytest.mark.parametrize(
    "cases",
    [
        pytest.param([case for case in CASES if case.in_suite][::4], id="selection"),
        pytest.param(CASES, id="all", marks=pytest.mark.oracle),
    ],
)
def test_one_by_one_and_side_by_side_in_another_order(
    cases: Sequence[Case], pools: tuple[Pool, Pool], cache: Path, tmp_path: Path
) -> None:
    alone, crowd = (
        [job(DAGS, case.entry, case.scenario, tmp_path / folder, case.dag_id, case.name) for case in cases]
        for folder in ("alone", "crowd")
    )
    first = {done.name: comparable(evidence(done)) for done in pools[0].run(alone)}
    with Pool(3, cache=cache) as wide:
        second = {done.name: comparable(evidence(done)) for done in wide.run(reversed(crowd))}
    assert first.keys() == second.keys() == {case.name for case in cases}
    if difference := differences(first, second, "one by one", "side by side"):
        pytest.fail(difference, pytrace=False)
