"""A warm pool for tests of real runs, and a short way to run one scenario over a piece of source."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.control import Job, Pool
from autograder.evidence import Evidence, load
from autograder.scenario import Scenario

SEED = 20261120000001

Run = Callable[..., Evidence]


@pytest.fixture(scope="session")
def pool(cache: Path) -> Iterator[Pool]:
    with Pool(1, cache=cache) as warm:
        yield warm


@pytest.fixture
def run(pool: Pool, tmp_path: Path) -> Run:
    """``run(source, Scenario(…), **job fields)`` → the stored evidence."""
    return run_in(pool, tmp_path)


def run_in(pool: Pool, tmp_path: Path) -> Run:
    """The same in another pool."""

    def run(source: str | bytes, scenario: Scenario, **fields: object) -> Evidence:
        folder = tmp_path / "submission"
        folder.mkdir(exist_ok=True)
        data = source if isinstance(source, bytes) else textwrap.dedent(source).encode()
        (folder / "dag.py").write_bytes(data)
        job = Job(
            name="scenario",
            scenario=scenario,
            folder=str(folder),
            destination=str(tmp_path / "evidence"),
            **{"seed": SEED, **fields},  # type: ignore[arg-type]
        )
        (done,) = pool.run([job])
        assert done.path is not None, done.problem
        return load(Path(done.path))

    return run
