"""What isolation comes to over several scenarios, and how it is said."""

from __future__ import annotations

from autograder.evidence import Isolation
from autograder.isolation import LAYERS, sentence, weakest
from autograder.jail import layers

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
