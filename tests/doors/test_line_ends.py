"""Line ends: a checkout under Windows has the same bytes as one under Linux."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.doors import ROOT

BINARY = {".ico", ".png", ".woff2", ".zip"}


def git(*arguments: str, at: Path = ROOT) -> str:
    done = subprocess.run(["git", *arguments], cwd=at, capture_output=True, check=True)
    return done.stdout.decode()


def attributes(*paths: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    said = git("check-attr", "-z", "text", "eol", "diff", "linguist-generated", "--", *paths).split("\0")
    for path, name, value in zip(said[0::3], said[1::3], said[2::3], strict=False):
        found.setdefault(path, {})[name] = value
    return found


@pytest.mark.parametrize(
    "path",
    ["Makefile", ".ci/run", "lessons/01-x/lab.ipynb", "lessons/01-x/code/dag.py", "lessons/01-x/recorded/a.txt",
     "solutions/01-x/wrong/a.patch", "tools/set_up.py", "requirements.lock", "Dockerfile", "docs/index.md"],
)  # fmt: skip
def test_text_has_unix_line_ends_wherever_it_is_checked_out(path: str) -> None:
    said = attributes(path)[path]
    assert said["eol"] == "lf"
    assert said["text"] in ("auto", "set")


@pytest.mark.parametrize("suffix", sorted(BINARY))
def test_a_picture_or_an_archive_is_left_as_it_is(suffix: str) -> None:
    path = f"docs/assets/a{suffix}"
    assert attributes(path)[path]["text"] == "unset"
    assert attributes(path)[path]["diff"] == "unset"


def test_what_is_generated_is_called_so() -> None:
    paths = ("requirements.lock", "requirements-study.lock", "lessons/01-x/recorded/a.svg")
    assert {said["linguist-generated"] for said in attributes(*paths).values()} == {"set"}


def test_no_text_in_git_has_other_line_ends() -> None:
    """A file that ``text=auto`` takes for binary is checked out as it is: it must be one of ours that is."""
    wrong = []
    for line in git("ls-files", "--eol", "-z").split("\0"):
        kept, _, path = line.partition("\t")
        if not path:
            continue
        stored = kept.split()[0]
        if stored in ("i/crlf", "i/mixed") or (stored == "i/-text" and Path(path).suffix not in BINARY):
            wrong.append(f"{path}: {stored}")
    assert wrong == []


def test_a_checkout_as_under_windows_is_the_same(tmp_path: Path) -> None:
    names = [".gitattributes", "Makefile", ".ci/run", "tools/set_up.py", "docs/report.png"]
    git("init", "--quiet", str(tmp_path))
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    git("add", ".", at=tmp_path)
    for name in names:
        (tmp_path / name).unlink()
    git("-c", "core.autocrlf=true", "checkout", "--quiet", "--", ".", at=tmp_path)
    assert [name for name in names if (tmp_path / name).read_bytes() != (ROOT / name).read_bytes()] == []
