"""The image: pinned, built from hashed locks, not root, and of files that are there."""

from __future__ import annotations

import re
import shlex
import subprocess

import pytest

from tests.doors import ROOT, accepts
from tests.doors.image import Instruction, ignored, instructions

DOCKERFILE = instructions((ROOT / "Dockerfile").read_text(encoding="utf-8"))
IGNORE = (ROOT / ".dockerignore").read_text(encoding="utf-8")


def all_of(word: str) -> list[Instruction]:
    return [one for one in DOCKERFILE if one.word == word]


def stages() -> list[list[Instruction]]:
    found: list[list[Instruction]] = []
    for one in DOCKERFILE:
        if one.word == "FROM":
            found.append([])
        found[-1].append(one)
    return found


def test_every_base_is_pinned_to_a_patch_release_that_we_test() -> None:
    tested = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for base in all_of("FROM"):
        name, tag = base.words[0].split(":")
        assert name == "python"
        assert re.fullmatch(r"\d+\.\d+\.\d+-slim-\w+", tag)
        assert ".".join(tag.split(".")[:2]) in tested


def test_what_is_copied_is_there_and_not_ignored() -> None:
    copied = [one.words for one in all_of("COPY") if not one.text.startswith("--from")]
    assert copied
    for *sources, _ in copied:
        for source in sources:
            assert (ROOT / source).exists(), source
            assert source == "." or not ignored(IGNORE, source), source


def test_all_that_the_package_and_the_pages_are_made_of_reaches_the_image() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    needed = ("autograder/", "coursekit/", "docs/", "exercises/", "lessons/", "solutions/", "tools/")
    names = [name for name in tracked if name.startswith(needed)]
    assert len(names) > 100
    assert [name for name in names if ignored(IGNORE, name)] == []
    from autograder.site import cache

    assert [name for name in cache._SOURCES if ignored(IGNORE, name)] == []
    for name in ("pyproject.toml", "LICENSE", "requirements-setup.lock", "requirements-study.lock"):
        assert not ignored(IGNORE, name)


@pytest.mark.parametrize(
    "name",
    [
        ".git/config",
        ".venv/bin/python",
        "work/02-failure-callbacks/dag.py",
        "tests/conftest.py",
        "build/site",
    ],
)
def test_what_is_not_for_the_image_stays_out(name: str) -> None:
    assert ignored(IGNORE, name)
    assert ignored(IGNORE, "autograder/__pycache__/course.cpython-311.pyc")


def test_packages_come_from_locks_with_hashes() -> None:
    installs = [
        command for run in all_of("RUN") for command in run.text.split("&&") if "install" in command.split()
    ]
    packages = [shlex.split(command) for command in installs if "pip" in command]
    assert len(packages) == 3
    for words in packages:
        if "--editable" in words:
            assert "--no-deps" in words
            assert "--no-build-isolation" in words
            continue
        assert "--require-hashes" in words
        lock = words[words.index("-r") + 1]
        assert "--hash=sha256:" in (ROOT / lock).read_text(encoding="utf-8")


def test_it_is_run_by_somebody_who_owns_nothing_but_the_work() -> None:
    last = stages()[-1]
    (user,) = (one.text for one in last if one.word == "USER")
    assert user.isdecimal()
    assert user != "0"
    making = next(one.text for one in last if one.text.startswith("useradd"))
    found = re.search(
        rf"--uid {user} .*?(\w+)\s+&& install --directory --owner (\w+) --group (\w+) (\S+)$", making
    )
    assert found
    assert found[1] == found[2] == found[3]
    (volume,) = (one.text for one in last if one.word == "VOLUME")
    assert found[4] == volume
    (environment,) = (one.text for one in last if one.word == "ENV")
    assert f"AUTOGRADER_WORK={volume}" in environment
    assert [one.word for one in last].index("USER") < [one.word for one in last].index("CMD")
    assert not any("--chown" in one.text for one in last)


def test_its_command_is_one_of_ours() -> None:
    (command,) = (one.words for one in stages()[-1] if one.word == "CMD")
    assert accepts(command)


def test_its_health_is_asked_for_with_a_file_of_ours() -> None:
    (check,) = all_of("HEALTHCHECK")
    assert accepts(check.words)
