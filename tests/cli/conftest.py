"""The command line over the small course of the tests, with a runner that makes evidence instead of running."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder import cli
from tests.course import FakeRunner, copy_course


@dataclass(frozen=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Invoke = Callable[..., Said]


class FakePool(FakeRunner):
    """A runner that is opened and closed as the real one."""

    def __enter__(self) -> FakePool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.open = False


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the course, in which we are."""
    root = copy_course(tmp_path)
    monkeypatch.chdir(root)
    monkeypatch.delenv("AUTOGRADER_WORK", raising=False)
    monkeypatch.delenv("AUTOGRADER_COURSE", raising=False)
    return root


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> FakePool:
    made = FakePool()
    monkeypatch.setattr("autograder.cli.runners.open_pool", lambda work, jobs, remarks: made)
    return made


@pytest.fixture
def invoke(course: Path, pool: FakePool, capsys: pytest.CaptureFixture[str]) -> Invoke:
    """Run a command in this process; its processes for scenarios are the fake ones."""

    def run(*arguments: str) -> Said:
        code = cli._run(list(arguments))
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Said(code, out, err)

    return run
