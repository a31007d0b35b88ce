"""Two warm pools: the product's own, and one whose control processes go round in Airflow's own loop."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest

from autograder.control import Done, Job, Pool
from autograder.evidence import Evidence, load
from autograder.limits import Limits
from autograder.scenario import Scenario

Play = Callable[..., tuple[Evidence, Evidence]]

SEED = 20261120000001
PROGRAM = Path(__file__).with_name("program.py")


@pytest.fixture(scope="module")
def pools(cache: Path) -> Iterator[tuple[Pool, Pool]]:
    with Pool(1, cache=cache) as ours, Pool(1, cache=cache, program=[str(PROGRAM)]) as theirs:
        yield ours, theirs


def job(
    folder: Path, entry: str, scenario: Scenario, destination: Path, dag_id: str | None = None, name: str = ""
) -> Job:
    """One of the DAGs of a file, in a scenario."""
    return Job(
        name=name or Path(entry).stem,
        scenario=scenario,
        seed=SEED,
        folder=str(folder),
        entry=entry,
        dag_id=dag_id,
        among=dag_id is not None,
        limits=Limits(wall=300),
        destination=str(destination),
    )


def evidence(done: Done) -> Evidence:
    assert done.path is not None, done.problem
    return load(Path(done.path))


def differences(first: Any, second: Any, *names: str) -> str:
    """The lines in which two records differ, with those around them."""
    texts = (json.dumps(record, indent=1, sort_keys=True).splitlines() for record in (first, second))
    return "\n".join(unified_diff(*texts, *names, lineterm=""))


@pytest.fixture
def play(pools: tuple[Pool, Pool], tmp_path: Path) -> Play:
    """``play(folder, entry, scenario, dag_id)`` → the evidence by the product's rounds, and by Airflow's loop."""

    def play(*what: Any) -> tuple[Evidence, Evidence]:
        folder, entry, scenario, *dag_id = what
        ours, theirs = (
            evidence(next(pool.run([job(folder, entry, scenario, tmp_path / str(number), *dag_id)])))
            for number, pool in enumerate(pools)
        )
        return ours, theirs

    return play
