"""The reference says what the code says."""

from __future__ import annotations

import re
from typing import get_args

import click

import autograder.checks as language
from autograder import catalog, predictions
from autograder.catalog import Part
from autograder.cli import program
from autograder.faults import Fault
from autograder.limits import Limits
from autograder.site import reference
from tests.site.course import ROOT


def test_every_command_and_option_is_there() -> None:
    page = reference.commands()
    group = click.Context(program)
    for name in program.list_commands(group):
        command = program.get_command(group, name)
        assert command is not None
        assert (f"## `autograder {name}` {{#{name}}}" in page) is not command.hidden
        options = [one for one in command.params if isinstance(one, click.Option) and not command.hidden]
        assert not [one.opts[0] for one in options if f"<code>{one.opts[0]}" not in page]
    assert "Check again on every save." in page


def test_every_option_of_a_cell_is_there() -> None:
    page = reference.cell_options()
    for option in ("--run", "--part ID", "--hints", "--fail TASK=EXC"):
        assert f"<code>{option}" in page


def test_every_prediction_that_can_be_compared_is_there() -> None:
    page = reference.predictions()
    assert re.findall(r"<td><code>(\w+)</code>", page) == list(predictions.QUANTITIES)
    assert "How often is on_retry_callback called?" in page


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
    kinds = set(get_args(catalog.Kind))
    assert explained == keys | kinds


def test_every_fault_is_named_among_the_words() -> None:
    page = (ROOT / "docs" / "reference" / "words.md").read_text(encoding="utf-8")
    assert len(get_args(get_args(Fault)[0])) == 9
    for word in ("raises", "succeeds", "hangs", "dies", "worker", "machine", "exits", "skips", "takes"):
        assert re.search(rf"\b{word}\b", page)
