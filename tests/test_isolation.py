"""What isolation comes to over several scenarios, and how it is said."""

from __future__ import annotations

import pytest

from autograder.evidence import Isolation, Problem
from autograder.faults import raises
from autograder.isolation import LAYERS, refusal, refusals, sentence, weakest
from autograder.jail import layers
from autograder.scenario import Scenario
from tests.checks.made import Recorder

WHOLE = Isolation(layer="A", active=["own files", "Landlock"], self_test={"canary": True})
LESS = Isolation(
    layer="B", active=["own files"], missing={"Landlock": "this kernel has none"}, self_test={"canary": True}
)
HOLED = WHOLE.model_copy(update={"self_test": {"canary": True, "loopback": False}})
CONTAINED = Isolation(
    layer="C",
    active=["Landlock"],
    missing={layers.NAMESPACES: "not permitted", layers.SIGNALS: "this kernel's Landlock is version 4"},
)
FAILS = Scenario("work", raises(OSError))
LIMITS = Isolation(layer="D", active=["limits"], missing={"own files": "no namespaces"})


def test_the_weakest_has_everything_that_was_missing_anywhere() -> None:
    both = weakest([WHOLE, LESS, HOLED])
    assert both == Isolation(
        layer="B",
        active=["own files"],
        missing={"Landlock": "this kernel has none"},
        self_test={"canary": True, "loopback": False},
    )
    assert weakest([LESS, WHOLE, LIMITS]) == Isolation(
        layer="D",
        active=[],
        missing={"Landlock": "this kernel has none", "own files": "no namespaces"},
        self_test={"canary": True},
    )
    assert weakest([WHOLE]) == WHOLE


def test_what_is_not_known_of_one_is_not_known_of_all() -> None:
    assert weakest([WHOLE, None]) is None
    assert weakest([]) is None


def test_a_sentence_for_each() -> None:
    assert sentence(WHOLE) == LAYERS["A"]
    assert sentence(LESS) == f"{LAYERS['B']} Without: Landlock."
    assert sentence(HOLED) == f"{LAYERS['A']} Does not hold here: loopback."
    assert sentence(CONTAINED) == f"{LAYERS['C']} Without: {layers.SIGNALS}.", "it never has namespaces"
    assert sentence(LIMITS) == LAYERS["D"], "what is missing there is the whole sandbox"
    assert sentence(LIMITS).startswith("Not a sandbox")
    assert sentence(None) == "How the code was isolated is not recorded: take it as not isolated."


@pytest.mark.parametrize(
    ("said", "isolation", "why"),
    [
        ("OSError: [Errno 30] Read-only file system: 'out.txt'", WHOLE, "can be written to"),
        ("gaierror: [Errno -3] Temporary failure in name resolution", LESS, "no network"),
        ("ConnectionError: ... ([Errno 101] Network is unreachable)", WHOLE, "no network"),
        ("OSError: [Errno 28] No space left on device", WHOLE, "limit `disk`"),
        ("PermissionError: [Errno 13] Permission denied: '/tmp/x'", CONTAINED, "Layer C of the jail refuses"),
        ("RuntimeError: can't start new thread", WHOLE, "limit `processes`"),
        ("BlockingIOError: [Errno 11] Resource temporarily unavailable", CONTAINED, "limit `processes`"),
        ("RuntimeError: can't start new thread", LIMITS, None),
        ("OSError: [Errno 97] Address family not supported", CONTAINED, "local sockets"),
        ("OSError: [Errno 97] Address family not supported by protocol", WHOLE, "no network"),
        ("FileNotFoundError: [Errno 2] No such file or directory: '/home/ann/a.csv'", WHOLE, "handed in"),
        ("FileNotFoundError: [Errno 2] No such file or directory: '/tmp/a.csv'", WHOLE, None),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'a.csv'", WHOLE, None),
        ("FileNotFoundError: [Errno 2] No such file or directory: '/home/ann/a.csv'", LIMITS, None),
        ("PermissionError: [Errno 13] Permission denied", WHOLE, "sockets with names"),
        ("PermissionError: [Errno 1] Operation not permitted", WHOLE, "what no task needs"),
        ("OSError: [Errno 30] Read-only file system", LIMITS, None),
        ("OSError: [Errno 30] Read-only file system", None, None),
        ("OSError: [Errno 111] Connection refused", CONTAINED, None),
        ("PermissionError: no", CONTAINED, None),
    ],
)
def test_what_the_jail_has_to_do_with_an_exception(
    said: str, isolation: Isolation | None, why: str | None
) -> None:
    assert why in refusal(said, isolation) if why else refusal(said, isolation) == ""


def test_the_refusals_of_a_run_are_explained_once_and_said_with_what_was_raised() -> None:
    denied = "[Errno 13] Permission denied: '/tmp/{}'"
    record = Recorder("run", FAILS).attempt("work").callback(error="PermissionError", said=denied.format("a"))
    for name in "aabcd":
        raised = [{"exc_type": "PermissionError", "exc_value": denied.format(name)}]
        record.log("not written", level="error", error_detail=raised)
    [remark] = refusals(record.evidence(isolation=CONTAINED))
    said = ", ".join(f"`PermissionError: {denied.format(name)}`" for name in "abc")
    assert remark.startswith(f"{said}: Layer C of the jail refuses")
    assert refusals(record.evidence(isolation=LIMITS)) == []


def test_what_another_process_wrote_of_a_refusal_is_explained() -> None:
    record = Recorder("run", FAILS).attempt("work").callback(error="EOFError")
    record.log("PermissionError: [Errno 13] Permission denied", channel="stderr")
    [remark] = refusals(record.evidence(isolation=WHOLE))
    assert "sockets with names" in remark


def test_what_the_problem_explains_is_not_said_again() -> None:
    said = "PermissionError: [Errno 13] Permission denied"
    problem = Problem(title="Importing dag.py failed", advice=refusal(said, WHOLE))
    record = Recorder("run", FAILS).attempt("work").log(said, channel="stderr")
    assert refusals(record.evidence(isolation=WHOLE, problem=problem)) == []
