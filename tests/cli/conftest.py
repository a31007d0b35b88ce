"""The command line over the small course of the tests, with a runner that makes evidence instead of running."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder import cli
from autograder.control import Done, Job, Pool
from tests.course import FakeRunner, copy_course

ROOT = Path(__file__).resolve().parents[2]


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

    open = False

    def __enter__(self) -> FakePool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        self.open = True

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
    monkeypatch.setattr("autograder.session.open_pool", lambda work, jobs, on_remark, layer=None: made)
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


class WarmPool:
    """The processes that run scenarios, which stay when a command closes them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.before: Callable[[], None] = lambda: None
        """Called when scenarios are about to be run."""

    def __enter__(self) -> WarmPool:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def start(self) -> None:
        self._pool.start()

    def close(self) -> None:
        pass

    def run(self, jobs: Iterable[Job]) -> Iterator[Done]:
        self.before()
        return self._pool.run(jobs)


@pytest.fixture(scope="session")
def processes(cache: Path) -> Iterator[Pool]:
    with Pool(2, cache=cache) as pool:
        yield pool


@pytest.fixture
def warm(processes: Pool, monkeypatch: pytest.MonkeyPatch) -> WarmPool:
    made = WarmPool(processes)
    monkeypatch.setattr("autograder.session.open_pool", lambda work, jobs, on_remark, layer=None: made)
    return made


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the learner of the real course works."""
    monkeypatch.delenv("AUTOGRADER_COURSE", raising=False)
    monkeypatch.setenv("AUTOGRADER_WORK", str(tmp_path / "work"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "work"


@pytest.fixture
def command(work: Path, warm: WarmPool, capsys: pytest.CaptureFixture[str]) -> Invoke:
    """Run a command of the real course with real Airflow, whose processes are shared between tests."""

    def run(*arguments: str | Path) -> Said:
        code = cli._run([str(one) for one in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        assert arguments[0] in ("list", "doctor") or f"(exit code {code})" in err
        return Said(code, out, err)

    return run
