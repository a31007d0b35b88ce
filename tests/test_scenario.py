"""Scenarios are values, and a malformed one is refused where it is written."""

from __future__ import annotations

from typing import Any

import pytest

from autograder.scenario import Mark, Response, Scenario, marked, responds


def test_what_people_do_is_written_as_it_is_said() -> None:
    assert marked("failed", at="1h30m", task="load") == Mark(at=5400, state="failed", task="load")
    assert marked("success", at=90) == Mark(at=90, state="success", task=None)
    assert responds("load", "tell", after="10min", params={"why": "late"}) == Response(
        options=["load", "tell"], params={"why": "late"}, after=600
    )


@pytest.mark.parametrize(
    ("make", "arguments", "settings"),
    [
        (marked, ("failed",), {"at": "soon"}),
        (marked, ("failed",), {"at": -1}),
        (marked, ("skipped",), {"at": 0}),
        (responds, (), {}),
        (responds, ("load",), {"after": "-10min"}),
        (responds, ("load",), {"after": "later"}),
    ],
)
def test_what_nobody_can_do_is_refused(make: Any, arguments: tuple[str, ...], settings: Any) -> None:
    with pytest.raises(ValueError, match=r"duration|greater than|Input should be|at least 1 item"):
        make(*arguments, **settings)


def test_another_mark_or_answer_is_another_scenario() -> None:
    plain = Scenario("load", None)
    digests = {
        plain.digest(),
        Scenario("load", None, marks=[marked("failed", at=60)]).digest(),
        Scenario("load", None, responses={"load": responds("yes")}).digest(),
        Scenario("load", None, pools={"default_pool": 1}).digest(),
    }
    assert len(digests) == 4
