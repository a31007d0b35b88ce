"""What keeps a user who owns nothing from reading is found on every way there, and said with what to do."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.jail.readable import obstacles

NOBODY = 61000
"""A uid and gid that nobody has."""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that everybody may enter; pytest's own is private."""
    with tempfile.TemporaryDirectory(prefix="readable-", dir=Path("/tmp").resolve()) as name:
        Path(name).chmod(0o755)
        yield Path(name)


def made(folder: Path, mode: int = 0o755) -> Path:
    folder.mkdir()
    folder.chmod(mode)
    return folder


def test_a_home_that_nobody_else_may_enter(place: Path) -> None:
    home = made(place / "ada", 0o700)
    program = made(home / "bin") / "python"
    program.touch(0o755)
    assert obstacles([program, home / "bin"], NOBODY, NOBODY) == [
        f"Others may not enter {home} (mode 0700), and {program} is behind it. Put the course and its "
        f"environment where everybody may read, such as /opt; or let others in: `chmod o+x {home}`."
    ]
    home.chmod(0o711)
    assert obstacles([program, home / "bin"], NOBODY, NOBODY) == []
    assert "Others may not read" in obstacles([home], NOBODY, NOBODY)[0], (
        "it is not a folder on the way any more"
    )


def test_a_link_is_followed_to_where_it_leads(place: Path) -> None:
    elsewhere = made(made(place / "hidden", 0o700) / "lib")
    (elsewhere / "python").touch(0o755)
    venv = made(place / "venv")
    (venv / "absolute").symlink_to(elsewhere / "python")
    (venv / "relative").symlink_to(Path("..", "hidden", "lib", "python"))
    (place / "venv2").symlink_to("venv")
    for path in (venv / "absolute", venv / "relative", place / "venv2" / "relative"):
        (said,) = obstacles([path], NOBODY, NOBODY)
        assert f"may not enter {place / 'hidden'}" in said
        assert f"{path} is behind it" in said


def test_a_file_of_ones_own(place: Path) -> None:
    module = place / "module.py"
    module.touch()
    module.chmod(0o640)
    assert obstacles([module], NOBODY, NOBODY) == [
        f"Others may not read {module} (mode 0640). `chmod o+r {module}` lets them."
    ]
    assert obstacles([module], NOBODY, module.stat().st_gid) == [], "who is of its group may"


def test_root_reads_everything_and_what_is_not_there_is_in_nobodys_way(place: Path) -> None:
    home = made(place / "ada", 0o700)
    (home / "x").touch()
    assert obstacles([home / "x"], 0, 0) == []
    assert obstacles([place / "missing" / "x"], NOBODY, NOBODY) == []
    (place / "round").symlink_to("round")
    assert obstacles([place / "round"], NOBODY, NOBODY) == []
