"""A run under our control comes to the same end as ``dag.test()``: Airflow's example DAGs, and failures of many sorts.

Compared are the run's state and, of every task instance, its state, its number of tries and the order of its callback
calls. Not compared, because they rightly differ: the order between tasks (``dag.test`` runs one after another in the
order of a set), times (it waits in real time, so its retries come at once here), processes (it runs everything, the
DAG's own callbacks too, in one), and what it has not: heartbeats, limits on callbacks, deaths of processes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from autograder.airflow33 import database, environ
from autograder.control import Job, Pool
from autograder.control.clock import epoch_for
from autograder.evidence import Evidence, load
from autograder.scenario import Scenario
from tests.control.examples import EXAMPLES, Example, calls_in

SEED = 1


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    base = tmp_path_factory.mktemp("examples")
    return {example.name: example.write(base / example.name) for example in EXAMPLES}


@pytest.fixture(scope="module")
def theirs(
    folders: dict[str, Path], cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Future[subprocess.CompletedProcess[str]]]:
    """``dag.test()`` of all of them, while ours run."""
    home = tmp_path_factory.mktemp("home")
    path, base = home / "airflow.db", next(iter(folders.values())).parent
    with ThreadPoolExecutor(1) as beside:
        yield beside.submit(
            subprocess.run,
            [
                *(sys.executable, "-m", "tests.control.dag_test"),
                *map(str, (database.template(cache), path, base, epoch_for(SEED).isoformat())),
            ],
            cwd=Path(__file__).parents[2],
            env=environ.for_control(home, path),
            capture_output=True,
            text=True,
        )


@pytest.fixture(scope="module")
def ours(
    theirs: subprocess.Popen[str],
    folders: dict[str, Path],
    pool: Pool,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Evidence]:
    jobs = [
        Job(
            name=example.name,
            scenario=Scenario({}, others="run"),
            seed=SEED,
            folder=str(folders[example.name]),
            entry=example.entry,
            dag_id=example.dag_id,
            destination=str(tmp_path_factory.getbasetemp() / "agreement"),
        )
        for example in EXAMPLES
    ]
    done = list(pool.run(jobs))
    assert [one.problem for one in done if one.path is None] == []
    return {one.name: load(Path(one.path)) for one in done if one.path is not None}


@pytest.fixture(scope="module")
def tested(theirs: Future[subprocess.CompletedProcess[str]], ours: dict[str, Evidence]) -> dict[str, Any]:
    done = theirs.result(timeout=120)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


Calls = dict[tuple[str | None, int], list[tuple[str, int | None]]]


def by_task(calls: Iterable[Any]) -> Calls:
    found: Calls = defaultdict(list)
    for task_id, map_index, try_number, kind in calls:
        found[task_id, map_index].append((kind, try_number))
    return dict(found)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_agrees(example: Example, ours: dict[str, Evidence], tested: dict[str, Any]) -> None:
    evidence, result = ours[example.name], tested[example.name]
    assert (evidence.outcome, evidence.problem) == ("ran", None)
    assert evidence.state == result["state"]
    assert sorted([t.task_id, t.map_index, t.state, t.tries] for t in evidence.tasks) == sorted(
        result["tasks"]
    )
    said = by_task(calls_in(event.event for event in evidence.logs if event.channel == "stdout"))
    assert said == by_task(result["calls"])
    assert said.pop((None, -1)) == [("dag success" if result["state"] == "success" else "dag failure", None)]
    # What the grader recorded of the calls is what the callbacks themselves said.
    recorded = by_task(
        (c.task_id, c.map_index, c.try_number, c.kind.split("_")[1] + (" again" if c.index else ""))
        for c in evidence.calls
        if c.task_id is not None
    )
    assert recorded == said
