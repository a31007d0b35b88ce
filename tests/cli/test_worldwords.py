"""What happens around a run's tasks, as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autograder.cli import worldwords
from autograder.cli.faultwords import FaultError
from autograder.scenario import marked, responds


def test_marks() -> None:
    found = worldwords.marks(["load=failed@30min", "group.ask=success@0"], ["failed@1h30m"])
    assert found == [
        marked("failed", at="30min", task="load"),
        marked("success", at=0, task="group.ask"),
        marked("failed", at=5400),
    ]


def test_answers() -> None:
    found = worldwords.responses(
        ["ask=Approve, with care@10min", "other=A,B", "third=No"], ['ask={"why": "late"}']
    )
    assert found == {
        "ask": responds("Approve", "with care", after="10min", params={"why": "late"}),
        "other": responds("A", "B"),
        "third": responds("No"),
    }


def test_history_pools_variables_and_conf() -> None:
    assert worldwords.history(["50min", "1hx2"]) == [3000.0, 3600.0, 3600.0]
    assert worldwords.pools(["reports=1", "default_pool=0"]) == {"reports": 1, "default_pool": 0}
    assert worldwords.variables(["late_after=7200", "url=a=b", "empty="]) == {
        "late_after": "7200",
        "url": "a=b",
        "empty": "",
    }
    assert worldwords.conf('{"limit": 5}') == {"limit": 5}
    assert worldwords.conf(None) == {}


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (lambda: worldwords.marks(["load"], []), "--mark wants TASK=failed@MOMENT"),
        (lambda: worldwords.marks(["load=failed"], []), "such as load=failed@30min; not 'load=failed'"),
        (lambda: worldwords.marks(["load=skipped@1h"], []), "not 'load=skipped@1h'"),
        (lambda: worldwords.marks(["=failed@1h"], []), "not '=failed@1h'"),
        (lambda: worldwords.marks(["load=failed@soon"], []), "'soon' is not a duration; write 90, '90s'"),
        (lambda: worldwords.marks(["load=failed@-1h"], []), "'-1h' is not a duration"),
        (lambda: worldwords.responses([f"ask=yes@{'9' * 400}h"], []), "is longer than a century"),
        (lambda: worldwords.history(["101000d"]), "'101000d' is longer than a century"),
        (lambda: worldwords.marks([], ["load=failed@1h"]), "--mark-run wants failed@MOMENT"),
        (lambda: worldwords.marks([], ["failed"]), "such as failed@30min; not 'failed'"),
        (lambda: worldwords.responses(["ask"], []), "--respond wants TASK=OPTION[,OPTION][@DURATION]"),
        (lambda: worldwords.responses(["ask="], []), "not 'ask='"),
        (lambda: worldwords.responses(["ask=A@"], []), "not 'ask=A@'"),
        (lambda: worldwords.responses(["ask=A,,B"], []), "not 'ask=A,,B'"),
        (lambda: worldwords.responses(["ask=A@later"], []), "'later' is not a duration"),
        (lambda: worldwords.responses(["ask=A", "ask=B"], []), "answers twice for ask"),
        (lambda: worldwords.responses([], ['ask={"a": 1}']), "nobody answers for ask"),
        (lambda: worldwords.responses(["ask=A"], ["ask=late"]), "--fill-in ask wants an object in JSON"),
        (lambda: worldwords.history(["long"]), "'long' is not a duration"),
        (lambda: worldwords.history(["50minx0"]), "from 1 to 1000 runs"),
        (lambda: worldwords.history(["50minx5000"]), "from 1 to 1000 runs"),
        (lambda: worldwords.pools(["reports"]), "--pool wants NAME=SLOTS"),
        (lambda: worldwords.pools(["reports=many"]), "SLOTS from 0 to 10000; not 'reports=many'"),
        (lambda: worldwords.pools(["a=1", "a=2"]), "given twice for a"),
        (lambda: worldwords.variables(["late_after"]), "--variable wants NAME=VALUE"),
        (lambda: worldwords.variables(["a=1", "a=2"]), "given twice for a"),
        (lambda: worldwords.conf("{limit: 5}"), "--conf wants an object in JSON, not '{limit: 5}'"),
        (lambda: worldwords.conf("[5]"), "--conf wants an object in JSON, such as"),
    ],
)
def test_refused_in_a_sentence(read: Callable[[], Any], said: str) -> None:
    with pytest.raises(FaultError) as caught:
        read()
    assert said in str(caught.value)
    assert str(caught.value).endswith(".")
