"""Private folders: whose maker is gone, and how they are removed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.control import scratch
from autograder.control.scratch import Scratch, remove

MAKER = """
import os, sys
from pathlib import Path
from autograder.control import scratch
scratch._MEMORY = Path(sys.argv[1])
made = scratch.Scratch()
(made.path / "airflow.db").write_text("rows")
print(made.path, flush=True)
sys.stdin.read()
os._exit(9)
"""


@pytest.fixture(autouse=True)
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of our own in place of the one that all commands share."""
    monkeypatch.setattr(scratch, "_MEMORY", tmp_path)
    return tmp_path


def test_what_a_killed_command_left_is_removed_and_what_a_living_one_has_is_not(memory: Path) -> None:
    command = [sys.executable, "-c", MAKER, str(memory)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as maker:
        assert maker.stdin is not None
        assert maker.stdout is not None
        theirs = Path(maker.stdout.readline().strip())
        first = Scratch()
        assert (theirs / "airflow.db").exists()
        maker.stdin.close()
    second = Scratch()
    assert not theirs.exists()
    assert first.path.is_dir()
    for mine in (first, second):
        mine.remove()
    assert list(memory.iterdir()) == []


def test_a_folder_that_is_not_ours_stays(memory: Path) -> None:
    other = memory / "autograder-notes"
    other.mkdir()
    Scratch().remove()
    assert list(memory.iterdir()) == [other]


def test_where_there_is_no_memory_to_write_to(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "_MEMORY", memory / "nowhere")
    monkeypatch.setattr("tempfile.tempdir", str(memory))
    made = Scratch()
    assert made.path.parent == memory
    made.remove()


def test_a_folder_without_end(tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    here = os.getcwd()
    try:
        os.chdir(top)
        for _ in range(3000):
            os.mkdir("d")
            os.chdir("d")
    finally:
        os.chdir(here)
    remove(top)
    assert not top.exists()


def test_what_is_not_there_is_removed_already(tmp_path: Path) -> None:
    remove(tmp_path / "nothing")
