"""Our rounds and Airflow's own ``_run_scheduler_loop()`` give the same record of the same scenario.

The product takes the scheduler's loop apart, for it has to know when nothing is left to do at one moment. Here the
loop is whole; see ``looped`` for what is replaced around it, and ``differences`` for what may differ.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.evidence import Evidence, comparable
from autograder.scenario import Scenario
from tests.control.examples import EXAMPLES, Example
from tests.oracle.cases import CASES, DAGS, Case
from tests.oracle.conftest import Play, differences
from tests.oracle.differences import but_for_differences


def same(ours: Evidence, theirs: Evidence) -> None:
    assert (ours.outcome, ours.problem) == ("ran", None)
    first, second = (but_for_differences(comparable(each)) for each in (ours, theirs))
    if difference := differences(first, second, "our rounds", "Airflow's loop"):
        pytest.fail(difference, pytrace=False)


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case.name, marks=[] if case.in_suite else pytest.mark.oracle) for case in CASES],
)
def test_our_rounds_and_airflows_loop_give_the_same_record(case: Case, play: Play) -> None:
    ours, theirs = play(DAGS, case.entry, case.scenario, case.dag_id)
    same(ours, theirs)


@pytest.mark.oracle
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_they_do_so_for_airflows_examples(example: Example, play: Play, tmp_path: Path) -> None:
    folder = example.write(tmp_path / "example")
    ours, theirs = play(folder, example.entry, Scenario({}, others="run"), example.dag_id)
    same(ours, theirs)
