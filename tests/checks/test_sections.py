"""Each check of the course that names a section of its lesson names one that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autograder import catalog

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("slug", catalog.load(ROOT).slugs)
def test_every_section_is_a_heading_of_the_lesson(slug: str) -> None:
    exercise = catalog.load(ROOT).find(slug)
    named = {spec.section for spec in exercise.checks if spec.section}
    page = exercise.lesson_page
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    there = set(re.findall(r"^#{1,4} .*\{[^}]*#([a-z0-9-]+)[^}]*\}\s*$", text, re.M))
    assert named <= there, f"{page} has no heading with {sorted(named - there)}"
