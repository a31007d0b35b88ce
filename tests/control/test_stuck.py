"""A clock that cannot move on is our fault, is found at once, and leaves a record of who waits for what."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from autograder.control import Job, Pool
from autograder.evidence import load
from autograder.faults import raises
from autograder.scenario import Scenario

PROGRAM = Path(__file__).with_name("stuck_program.py")
SOURCE = """
    from datetime import timedelta
    from airflow.sdk import DAG, task
    with DAG("one"):
        @task(retries=1, retry_delay=timedelta(hours=1))
        def work(): ...
        @task
        def later(): ...
        work() >> later()
"""


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("nothing", "nothing is due any more (run running; later None, work up_for_retry)"),
        ("now", "50 rounds of the scheduler changed nothing and the clock did not move"),
        ("busy", "50 rounds of the scheduler changed nothing and the clock did not move"),
    ],
)
def test_a_clock_that_cannot_move_on_is_found_and_recorded(
    how: str, says: str, cache: Path, tmp_path: Path
) -> None:
    (tmp_path / "dag.py").write_text(textwrap.dedent(SOURCE))
    job = Job(
        name="stuck",
        scenario=Scenario("work", raises(OSError), others="run"),
        seed=1,
        folder=str(tmp_path),
        destination=str(tmp_path / "evidence"),
    )
    with Pool(1, cache=cache, program=[str(PROGRAM), how]) as pool:
        (done,) = pool.run([job])
    assert done.path is not None
    evidence = load(Path(done.path))
    assert evidence.outcome == "stuck"
    assert evidence.problem is not None
    assert evidence.problem.title == f"The clock of this run cannot move on: {says}."
    assert "the run is running" in evidence.problem.detail
    assert "work: up_for_retry, try 1" in evidence.problem.detail
