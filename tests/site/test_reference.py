"""The reference says what the code says."""

from __future__ import annotations

import re

import autograder.checks as language
from autograder import catalog
from autograder.catalog import Limits, Part
from autograder.cli import program
from autograder.faults import Fault
from autograder.site import reference
from tests.site.course import ROOT


def test_every_command_and_option_is_there() -> None:
    page = reference.commands()
    for name in program.commands if hasattr(program, "commands") else program.list_commands(None):  # type: ignore[arg-type]
        command = program.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        assert (f"## `autograder {name}` {{#{name}}}" in page) is not command.hidden
        for option in [] if command.hidden else command.params:
            assert option.opts[0].startswith("-") is False or f"{option.opts[0]}" in page
    assert "--watch" in page
    assert "Check again on every save." in page


def test_a_command_that_nobody_shall_find_is_not_there() -> None:
    assert "autograder try" not in reference.commands()


def test_everything_that_checks_can_import_is_there() -> None:
    page = reference.checks()
    told = {name for name in language.__all__ if re.search(rf"<code>{name}\(|`{name}`", page)}
    assert set(language.__all__) - told == {
        "Behaviour",
        "CheckSpec",
    }  # what the functions return, never written


def test_the_language_is_told_in_its_docstrings() -> None:
    page = reference.checks()
    assert "Exactly one; with <code>after_try</code> it came after that try" in page
    assert "the parameter named like the scenario" in page
    assert "<code>after_try(number)</code>" in page
    assert "self" not in re.findall(r"<code>[^<]*</code>", page)
    assert "Generic" not in page  # a docstring of Python's own


def test_every_key_of_exercise_toml_is_explained() -> None:
    page = (ROOT / "docs" / "reference" / "exercise-toml.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `(\w+)` \|", page, re.M))
    keys = {name for record in (catalog._File, Limits, Part) for name in record.model_fields}
    kinds = set(catalog.Kind.__args__)  # type: ignore[attr-defined]
    assert explained == keys | kinds


def test_every_fault_is_named_among_the_words() -> None:
    page = (ROOT / "docs" / "reference" / "words.md").read_text(encoding="utf-8")
    assert len(Fault.__origin__.__args__) == 8  # type: ignore[attr-defined]
    for word in ("raises", "succeeds", "hangs", "dies", "lost", "exits", "skips", "takes"):
        assert re.search(rf"\b{word}\b", page)
