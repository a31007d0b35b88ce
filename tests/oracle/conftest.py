"""Two warm pools: the product's own, and one whose control processes go round in Airflow's own loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.control import Job, Pool
from autograder.evidence import Evidence, load
from autograder.scenario import Scenario

Play = Callable[..., tuple[Evidence, Evidence]]

SEED = 20261120000001
PROGRAM = Path(__file__).with_name("program.py")


@pytest.fixture(scope="session")
def pools(cache: Path) -> Iterator[tuple[Pool, Pool]]:
    with Pool(1, cache=cache) as ours, Pool(1, cache=cache, program=[str(PROGRAM)]) as theirs:
        yield ours, theirs


@pytest.fixture
def play(pools: tuple[Pool, Pool], tmp_path: Path) -> Play:
    """``play(folder, entry, scenario, dag_id)`` → the evidence by the product's rounds, and by Airflow's loop."""

    def play(
        folder: Path, entry: str, scenario: Scenario, dag_id: str | None = None
    ) -> tuple[Evidence, Evidence]:
        found = []
        for number, pool in enumerate(pools):
            job = Job(
                name=Path(entry).stem,
                scenario=scenario,
                seed=SEED,
                folder=str(folder),
                entry=entry,
                dag_id=dag_id,
                among=dag_id is not None,
                wall=300,
                destination=str(tmp_path / str(number)),
            )
            (done,) = pool.run([job])
            assert done.path is not None, done.problem
            found.append(load(Path(done.path)))
        return found[0], found[1]

    return play
