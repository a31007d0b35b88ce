"""Inputs that once failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.targets import CORPUS, TARGETS

KNOWN = sorted(path for path in CORPUS.glob("*/*") if path.is_file())


def test_every_input_belongs_to_a_target_that_reads_bytes() -> None:
    assert KNOWN
    assert {path.parent.name for path in KNOWN} <= {name for name, target in TARGETS.items() if target.raw}


@pytest.mark.parametrize("path", KNOWN, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_it_fails_no_more(path: Path) -> None:
    judge, _ = TARGETS[path.parent.name].load()
    judge(path.read_bytes())
