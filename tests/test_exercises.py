"""Every exercise of the course, held against the answers that it ships, by the command that does it.

Wrong answers run through the scenarios of the checks that they must fail; ``make prove`` runs them through all.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from autograder import catalog

ROOT = Path(__file__).resolve().parents[1]
SLUGS = sorted(path.parent.name for path in (ROOT / "exercises").glob("*/exercise.toml"))


@pytest.mark.slow
@pytest.mark.parametrize("slug", SLUGS)
def test_proved(slug: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("autograder"), "prove", slug, "--quick", "--json", "-"],
        cwd=ROOT,
        env=os.environ | {"AUTOGRADER_WORK": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.stdout, done.stderr
    rows = json.loads(done.stdout)["rows"]
    assert [row for row in rows if not row["ok"]] == []
    assert done.returncode == 0
    kinds = Counter(row["kind"] for row in rows)
    assert kinds["solution"] == kinds["starter"] == kinds["empty"] == kinds["bare"] == 1
    assert kinds["right"] >= 1
    assert kinds["wrong"] >= 3


@pytest.mark.parametrize("exercise", list(catalog.load(ROOT)), ids=lambda exercise: exercise.slug)
def test_a_brief_gives_each_part_the_points_that_it_has(exercise: catalog.Exercise) -> None:
    brief = exercise.readme.read_text(encoding="utf-8")
    said = re.findall(r"^## (?:Part )?([\w.]+)\b.*\((\d+) points\)$", brief, re.M)
    has = [(part.id, part.points) for part in exercise.parts] if len(exercise.parts) > 1 else []
    assert [(name.lower(), int(points)) for name, points in said] == has
