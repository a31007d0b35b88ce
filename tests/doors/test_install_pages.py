"""What the install pages tell people to type exists, and what was not run is called so."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from tests.doors import ROOT, accepts

PAGES = sorted((ROOT / "docs" / "install").glob("*.md"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
UNTESTED = {"windows.md", "macos.md", "docker.md"}


def commands(page: Path) -> list[list[str]]:
    """Every line of the page's shell snippets, and every command in running text that is one of ours."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:sh|powershell)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"`((?:make|autograder|docker compose|[A-Z_]+=\S+ docker compose) ?[^`]*)`", text)
    return [shlex.split(line, comments=True) for line in lines if line.strip()]


ALL = [(page.name, words) for page in PAGES for words in commands(page)]


def test_there_is_something_to_type() -> None:
    assert {name for name, _ in ALL} == {page.name for page in PAGES}
    assert len(ALL) > 30


@pytest.mark.parametrize("words", [words for _, words in ALL if words[0] == "make"], ids=" ".join)
def test_a_target_that_is_named_exists(words: list[str]) -> None:
    for word in words[1:]:
        if "=" in word:
            assert re.search(rf"^{word.split('=')[0]} *\?=", MAKEFILE, re.MULTILINE), word
        else:
            assert re.search(rf"^{word}:", MAKEFILE, re.MULTILINE), word


@pytest.mark.parametrize("words", [words for _, words in ALL if words[0] == "autograder"], ids=" ".join)
def test_a_command_of_ours_that_is_named_exists(words: list[str]) -> None:
    assert accepts(words)


@pytest.mark.parametrize("words", [words for _, words in ALL if "compose" in words], ids=" ".join)
def test_what_compose_is_told_is_in_its_file(words: list[str]) -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    for setting in words[: words.index("docker")]:
        assert f"${{{setting.split('=')[0]}:-" in text
    rest = words[words.index("compose") + 1 :]
    if "--profile" in rest:
        assert f"- {rest[rest.index('--profile') + 1]}\n" in text
    if rest[0] == "exec":
        assert f"\n  {rest[1]}:\n" in text
    if rest[0] == "run":
        services = yaml.safe_load(text)["services"]
        (named,) = (number for number, word in enumerate(rest) if word in services)
        assert accepts(rest[named + 1 :] or services[rest[named]]["command"])
    if rest[0] == "cp":
        service, path = rest[1].split(":")
        assert f":{path}\n" in text
        assert f"\n  {service}:\n" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    names = re.findall(
        r"(?<![\w/.-])((?:requirements[\w-]*\.lock)|Dockerfile|\.devcontainer/[\w.]+)(?![\w/])", text
    )
    assert [name for name in names if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_was_not_run_is_called_so(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert (re.search(r'^!!! warning "(Not tested|Checked, not run)', text, re.MULTILINE) is not None) == (
        page.name in UNTESTED
    )


def test_both_kinds_of_hub_are_called_untested() -> None:
    text = (ROOT / "docs" / "install" / "jupyterhub.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## .* \{#(tljh|z2jh)\}\n\n(\w+)", text, re.MULTILINE)
    assert sections == [("tljh", "Untested"), ("z2jh", "Untested")]
