"""What isolation comes to over several scenarios, and how it is said."""

from __future__ import annotations

import pytest

from autograder.evidence import Isolation
from autograder.isolation import LAYERS, is_sandbox, sentence, weakest

WHOLE = Isolation(layer="A", active=["own files", "Landlock"], self_test={"canary": True})
LESS = Isolation(
    layer="B", active=["own files"], missing={"Landlock": "this kernel has none"}, self_test={"canary": True}
)
HOLED = WHOLE.model_copy(update={"self_test": {"canary": True, "loopback": False}})
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


@pytest.mark.parametrize(
    ("isolation", "expected"),
    [(WHOLE, True), (LESS, True), (HOLED, False), (LIMITS, False), (None, False)],
    ids=["A", "B", "self-test failed", "D", "unknown"],
)
def test_what_may_be_relied_on(isolation: Isolation | None, expected: bool) -> None:
    assert is_sandbox(isolation) is expected


def test_a_sentence_for_each() -> None:
    assert sentence(WHOLE) == LAYERS["A"]
    assert sentence(LESS) == f"{LAYERS['B']} Without: Landlock."
    assert sentence(HOLED).endswith("Its self-test failed (loopback): do not rely on it.")
    assert sentence(LIMITS) == LAYERS["D"], "what is missing there is the whole sandbox"
    assert sentence(LIMITS).startswith("Not a sandbox")
    assert sentence(None) == "How the code was isolated is not recorded: take it as not isolated."
