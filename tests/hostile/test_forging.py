"""No submission that forges evidence earns what it aims at, and the record says what it did."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.forgeries import FOLDER, FORGERIES
from tests.hostile.harness import Harness, Setting, open_harness


@pytest.fixture(scope="module")
def best(cache: Path) -> Iterator[Harness]:
    with open_harness(Setting("best", None, ordinary=False), cache) as harness:
        yield harness


@pytest.mark.parametrize("name", sorted(name for name, forgery in FORGERIES.items() if forgery.quick))
def test_earns_nothing(name: str, best: Harness) -> None:
    FORGERIES[name].hand_in(best.ask)


def test_every_submission_is_held_to_something_and_says_what_it_tries() -> None:
    files = sorted(FOLDER.glob("*.py"))
    assert [path.stem for path in files] == sorted(FORGERIES)
    assert len(files) >= 20
    assert all(ast.get_docstring(ast.parse(path.read_text("utf-8"))) for path in files)
