from __future__ import annotations

import pytest

from autograder.faults import dies_by, exits, hangs, loses_worker, raises, skips, succeeds, takes
from autograder.report import words
from autograder.scenario import Scenario, answers, never_answers, refuses
from tests.report import samples


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (0.0004, "0 ms"), (0.012, "12 ms"), (0.9999, "1 s"), (2.5, "2.5 s"), (59.999, "1 min"), (60, "1 min"),
     (300, "5 min"), (303, "5 min 3 s"), (3600, "1 h"), (3900, "1 h 5 min"), (86400, "1 day"), (180000, "2 days 2 h"),
     (-2, "-2 s")],
)  # fmt: skip
def test_duration(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (0.02, "20 ms"), (2.5, "2.5 s"), (300.047, "5 min 0.047 s"), (7204.002, "2 h 0 min 4.002 s"),
     (59.9996, "60 s"), (3600, "1 h 0 min 0 s")],
)  # fmt: skip
def test_moment(seconds: float, said: str) -> None:
    assert words.moment(seconds) == said


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (None, "does its own work"),
        (raises(OSError, "no"), "raises OSError “no”"),
        (raises(OSError, after_work=True), "does its own work, then raises OSError"),
        (succeeds(3), "succeeds"),
        (hangs(), "hangs"),
        (dies_by("SIGKILL"), "dies by SIGKILL"),
        (loses_worker(), "loses its worker"),
        (exits(3), "exits with 3"),
        (skips(), "skips"),
        (takes("5min"), "takes 5 min"),
        ([raises(OSError), None], "try 1 raises OSError, try 2 does its own work, then does its own work"),
    ],
)
def test_every_fault_has_words(fault: object, said: str) -> None:
    assert words.fault_words(fault) == said  # type: ignore[arg-type]


def test_a_scenario_in_sentences() -> None:
    scenario = Scenario(
        ["a", "b"],
        succeeds(),
        retries=1,
        logical_date=None,
        mail=refuses(),
        slack=never_answers(),
        leases=answers(500),
    )
    assert words.scenario_lines(scenario) == [
        "a, b: succeeds.",
        "All other tasks count as succeeded.",
        "With 1 retry.",
        "The run has no logical date.",
        "The mail server refuses.",
        "Slack never answers.",
        "The lease server answers 500.",
    ]


def test_where_to_start_is_a_failure_of_its_own_and_no_bonus() -> None:
    result = samples.partly()
    first = words.first_to_fix(result)
    assert first is not None
    assert first.id == "no_mail_for_retry"
    assert words.first_to_fix(samples.full()) is None
    only_bonus = result.model_copy(update={"checks": [check for check in result.checks if check.bonus]})
    assert getattr(words.first_to_fix(only_bonus), "id", None) == "escalates"


def test_headlines() -> None:
    assert words.headline(samples.partly()) == "2 of 7 checks passed."
    assert words.headline(samples.full()) == "All points."
    assert words.headline(samples.withheld()) == words.WITHHELD
    assert words.headline(samples.unrunnable()) == "Your code could not be run."
    assert words.headline(samples.unrunnable("timeout")) == "Your code took too long."


def test_items_know_where_they_belong() -> None:
    places = words.item_places(samples.fails())
    assert places["mail", 2] == "email_notification, try 2, worker, after"
    assert places["call", 1] == "email_notification, try 1, worker"
    assert places["attempt", 0] == "DAG processor"


def test_files_and_leases_in_words() -> None:
    evidence = samples.fails()
    assert [words.left_words(file) for file in evidence.files] == [
        "left behind",
        "a foreign file, gone or changed",
        None,
    ]
    given, leaked = (words.lease_words(lease) for lease in evidence.leases)
    assert given == "given back at 5 min 0.049 s, closing refused 1 time"
    assert leaked == "not given back"
