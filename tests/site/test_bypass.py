"""The page on what can be bypassed claims nothing that no hostile submission tries."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "teachers" / "bypass.md").read_text(encoding="utf-8")
HOSTILE = ROOT / "tests" / "hostile"
_NAMED = re.compile(r"`((?:isolation|forging)/\w+)`")


def claims() -> list[list[str]]:
    """Every row of the page's tables whose last column says what tries it."""
    found = []
    for table in re.findall(r"(?:^\|.*\n)+", PAGE, re.M):
        head, _, *rows = [
            [cell.strip() for cell in line.strip("|\n").split("|")] for line in table.splitlines()
        ]
        if head[-1] == "tried by":
            found += rows
    return found


CLAIMS = claims()


def test_there_are_claims_of_both_kinds() -> None:
    kinds = [name.partition("/")[0] for row in CLAIMS for name in _NAMED.findall(row[-1])]
    assert kinds.count("isolation") > 10
    assert kinds.count("forging") > 10


@pytest.mark.parametrize("row", CLAIMS, ids=lambda row: row[0][:40])
def test_each_claim_is_tried_by_submissions_that_are_there(row: list[str]) -> None:
    named = _NAMED.findall(row[-1])
    assert named
    assert [name for name in named if not (HOSTILE / f"{name}.py").is_file()] == []
    assert all(cell for cell in row)


def test_no_submission_is_left_out() -> None:
    there = {
        f"{path.parent.name}/{path.stem}"
        for kind in ("isolation", "forging")
        for path in (HOSTILE / kind).glob("*.py")
    }
    assert sorted(there - {*_NAMED.findall(PAGE)}) == [], "docs/teachers/bypass.md tells of each of them"


def test_every_layer_is_told_apart() -> None:
    assert re.findall(r"^\| \*\*([A-Z])\*\* \|", PAGE, re.M) == ["A", "B", "C", "D"]
    assert "**Not a sandbox**" in PAGE


def test_the_command_that_tries_them_is_there() -> None:
    named = re.findall(r"`make (\w+)`", PAGE)
    assert "hostile" in named
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [name for name in named if not re.search(rf"^{name}:", makefile, re.M)] == []
