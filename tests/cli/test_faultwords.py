"""Faults as text."""

from __future__ import annotations

import pytest

from autograder.cli.faultwords import FaultError, behaviours, combine, parse
from autograder.faults import (
    dies_by,
    exits,
    hangs,
    loses_machine,
    loses_worker,
    raises,
    skips,
    succeeds,
    takes,
)
from autograder.scenario import Scenario, answers, never_answers, refuses


@pytest.mark.parametrize(
    ("option", "text", "fault"),
    [
        ("fail", "load=OSError", raises(OSError)),
        ("fail", "load=OSError:disk full", raises(OSError, "disk full")),
        ("fail", "load=OSError:at 10:30, a=b", raises(OSError, "at 10:30, a=b")),
        ("fail", "load=OSError:mail ops@example.org", raises(OSError, "mail ops@example.org")),
        (
            "fail",
            "load=airflow.sdk.exceptions.AirflowFailException:no",
            raises("airflow.sdk.exceptions.AirflowFailException", "no"),
        ),
        ("succeed", "load", succeeds()),
        ("succeed", "load=", succeeds("")),
        ("succeed", "load=[1, 2]", succeeds([1, 2])),
        ("succeed", "load=plain text", succeeds("plain text")),
        ("succeed", 'load="ends in @2"', succeeds("ends in @2")),
        ("hang", "load", hangs()),
        ("kill", "load", dies_by("SIGKILL")),
        ("kill", "load=SIGTERM", dies_by("SIGTERM")),
        ("lose-worker", "load", loses_worker()),
        ("lose-machine", "load", loses_machine()),
        ("exit", "load=3", exits(3)),
        ("skip", "load", skips()),
        ("skip", "load=not today", skips("not today")),
        ("take", "group.load=1h30m", takes("1h30m")),
    ],
)
def test_read(option: str, text: str, fault: object) -> None:
    given = parse(option, text)
    assert given.fault == fault
    assert given.tries is None
    assert given.task in ("load", "group.load")


@pytest.mark.parametrize(
    ("text", "tries"),
    [("load=OSError@2", (1, 2)), ("load=OSError:x@2-2", (2, 2)), ("load=OSError:a@b@2-3", (2, 3))],
)
def test_tries(text: str, tries: tuple[int, int]) -> None:
    assert parse("fail", text).tries == tries


@pytest.mark.parametrize(
    ("option", "text", "words"),
    [
        ("fail", "load", "TASK=EXCEPTION"),
        ("fail", "load=", "nothing follows"),
        ("fail", "=OSError", "TASK=EXCEPTION"),
        ("fail", "lo ad=OSError", "TASK=EXCEPTION"),
        ("fail", "load=OsError", "neither a builtin exception nor a dotted path"),
        ("fail", "load=print", "neither a builtin exception nor a dotted path"),
        ("fail", "load=OSError@0", "no range of tries"),
        ("fail", "load=OSError@3-2", "no range of tries"),
        ("fail", "load=OSError@1000000000", "no range of tries"),
        ("hang", "load=5", "TASK"),
        ("kill", "load=SIGNONE", "is not a signal"),
        ("kill", "load=SIGCONT", "ends no process; SIGKILL does"),
        ("kill", "load=SIGSTOP", "ends no process"),
        ("exit", "load=many", "from 0 to 255"),
        ("exit", "load=256", "from 0 to 255"),
        ("exit", "load", "TASK=CODE"),
        ("take", "load=soon", "is not a duration"),
    ],
)
def test_refused_in_a_sentence(option: str, text: str, words: str) -> None:
    with pytest.raises(FaultError, match=words) as caught:
        parse(option, text)
    assert f"--{option}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_first_two_tries_then_own_work() -> None:
    scenario = Scenario(combine([parse("fail", "load=OSError@2")]), others="run")
    assert [scenario.fault_for("load", number) for number in (1, 2, 3, 4)] == [raises(OSError)] * 2 + [
        None
    ] * 2


def test_only_the_second_try() -> None:
    scenario = Scenario(combine([parse("fail", "load=OSError@2-2")]), others="run")
    assert [scenario.fault_for("load", number) for number in (1, 2, 3)] == [None, raises(OSError), None]


def test_every_try() -> None:
    scenario = Scenario(combine([parse("fail", "load=OSError")]), others="run")
    assert {scenario.fault_for("load", number) for number in (1, 7)} == {raises(OSError)}


def test_several_of_one_task() -> None:
    faults = combine([parse("kill", "load@1"), parse("fail", "load=OSError@3-3"), parse("hang", "other")])
    assert faults == {"load": [dies_by("SIGKILL"), None, raises(OSError)], "other": hangs()}


@pytest.mark.parametrize("second", ["load=ValueError@2", "load=ValueError"])
def test_two_for_one_try(second: str) -> None:
    with pytest.raises(FaultError, match="two faults for"):
        combine([parse("fail", "load=OSError@2-2"), parse("fail", second)])


def test_stand_ins_that_do_not_work() -> None:
    given = behaviours(["slack=never-answers", "mail=refuses", "monitoring=500"])
    assert given == {"slack": never_answers(), "mail": refuses(), "monitoring": answers(500)}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["slack"], "SERVICE=refuses"),
        (["slack=sleeps"], "SERVICE=refuses"),
        (["slack=700"], "SERVICE=refuses"),
        (["fax=refuses"], "mail, slack, monitoring, leases"),
        (["slack=500", "slack=refuses"], "twice"),
    ],
)
def test_stand_ins_not_understood(given: list[str], words: str) -> None:
    with pytest.raises(FaultError, match=words):
        behaviours(given)


def test_a_task_s_own_work_comes_first() -> None:
    given = [parse("fail", "load=OSError@1-1"), parse("hang", "load@2-2"), parse("kill", "other")]
    scenario = Scenario(combine(given, ["load"]))
    assert [scenario.fault_for("load", number) for number in (1, 2)] == [
        raises(OSError, after_work=True),
        hangs(after_work=True),
    ]
    assert scenario.fault_for("other", 1) == dies_by("SIGKILL")
    with pytest.raises(FaultError, match="--after-work lod: no option says what goes wrong with lod"):
        combine(given, ["lod"])
