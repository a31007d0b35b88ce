"""What is fuzzed: a property, the strategy that makes inputs for it, and whether those are plain bytes."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

__all__ = ["BUILD", "CORPUS", "TARGETS", "Target"]

CORPUS = Path(__file__).with_name("corpus")
"""By target, inputs that once failed."""

BUILD = Path(__file__).resolve().parents[2] / "build" / "fuzz"
"""What fuzzing makes, and nobody keeps."""
Property = Callable[[Any], Any]


@dataclass(frozen=True)
class Target:
    name: str
    what: str
    load: Callable[[], tuple[Property, st.SearchStrategy[Any]]]
    """Imports what it needs, and gives the property and its inputs."""
    raw: bool = True
    """Whether the inputs are bytes as they come."""
    control: bool = False
    """Whether it needs control's environment and a migrated database."""

    def words(self) -> list[bytes]:
        """Some inputs that are nearly right, for who begins with nothing."""
        if not self.raw:
            return []
        _, inputs = self.load()
        found: set[bytes] = set()
        from hypothesis import given

        from tests.fuzz.settings import profile

        @profile(60, shrink=False)
        @given(inputs)
        def gather(data: bytes) -> None:
            found.add(data)

        gather()
        return random.Random(1).sample(sorted(found), min(len(found), 60))


def _bytes(module: str, name: str, inputs: str) -> Callable[[], tuple[Property, st.SearchStrategy[Any]]]:
    def load() -> tuple[Property, st.SearchStrategy[Any]]:
        return getattr(import_module(f"tests.fuzz.{module}"), name), getattr(
            import_module("tests.fuzz.inputs"), inputs
        )

    return load


def _shape() -> tuple[Property, st.SearchStrategy[Any]]:
    from tests.fuzz import submissions

    return submissions.shape, submissions.shapes()


def _claims() -> tuple[Property, st.SearchStrategy[Any]]:
    from tests.fuzz import claims

    return claims.nothing_gained, st.tuples(st.sampled_from(claims.SLUGS), claims.sent())


def _answers() -> tuple[Property, st.SearchStrategy[Any]]:
    from tests.fuzz import answers, claims

    folder = BUILD / "answers"
    for slug in claims.SLUGS:
        answers.solved(slug, folder)
    inputs = st.tuples(st.sampled_from(claims.SLUGS), answers.changed())
    return lambda given: answers.nothing_breaks(given, folder), inputs


def _runs() -> tuple[Property, st.SearchStrategy[Any]]:
    from tests.fuzz import runs

    return runs.prepared(), runs.strategy()


TARGETS = {
    target.name: target
    for target in (
        Target("frames", "requests of a child, in any pieces", _bytes("reader", "frames", "READER")),
        Target("lines", "lines of log", _bytes("reader", "lines", "READER")),
        Target("heard", "the order of lines", _bytes("reader", "heard", "READER")),
        Target("words", "the side channel, and lines as records", _bytes("reader", "words", "READER")),
        Target("datagram", "metrics", _bytes("standins", "datagram", "DATAGRAMS")),
        Target("mail", "mails", _bytes("standins", "mail", "MAILS")),
        Target("html", "the words of an HTML mail", _bytes("standins", "html", "HTML")),
        Target("message", "JSON and Slack messages", _bytes("standins", "message", "MESSAGES")),
        Target("doors", "anything at the doors of the stand-ins", _bytes("standins", "doors", "DOORS")),
        Target("content", "a file that is handed in", _bytes("submissions", "content", "PYTHON")),
        Target("stored", "stored evidence and results", _bytes("stored", "stored", "STORED")),
        Target("shape", "a folder that is handed in", _shape, raw=False),
        Target("claims", "what is graded and shown", _claims, raw=False),
        Target("answers", "solutions with other words in their mouths", _answers, raw=False),
        Target("runs", "whole runs: children that say anything", _runs, raw=False, control=True),
    )
}
