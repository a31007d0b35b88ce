"""Our rounds and Airflow's own ``_run_scheduler_loop()`` give the same record of the same scenario.

The product takes the scheduler's loop apart, for it has to know when nothing is left to do at one moment. Here the
loop is whole; see ``looped`` for what is replaced around it.
"""

from __future__ import annotations

import pytest

from autograder.evidence import comparable
from tests.oracle.cases import CASES, Case
from tests.oracle.conftest import Play


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_our_rounds_and_airflows_loop_give_the_same_record(case: Case, play: Play) -> None:
    ours, theirs = play(case)
    assert (ours.outcome, ours.problem) == ("ran", None)
    assert comparable(ours) == comparable(theirs)
