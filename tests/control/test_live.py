"""What limits a child, in virtual and in real time."""

from __future__ import annotations

import time
from typing import Any

import pytest

from autograder.control.clock import NS
from autograder.control.live import GRACE, OVERTIME, Live
from autograder.control.recording import Who


class _Child:
    wake: int | None = None


@pytest.fixture
def live() -> Live:
    nobody: Any = None
    child: Any = _Child()
    return Live(child, Who(1, "worker", nobody), nobody)


def test_who_reported_its_outcome_has_twenty_seconds_and_five_more_when_told_to_stop(live: Live) -> None:
    assert live.due() is None
    live.report(100 * NS)
    assert live.due() == (100 + OVERTIME) * NS
    assert (live.late(119 * NS), live.late(120 * NS)) == (False, True)
    live.told_to_stop(120 * NS)
    assert live.due() == (120 + GRACE) * NS


def test_real_time_in_which_others_run_is_not_its_own(live: Live) -> None:
    live.report(0)
    before = live.real_limit
    assert before is not None
    live.park()
    time.sleep(0.02)
    live.resume()
    assert live.real_limit is not None
    assert live.real_limit >= before + 0.02
