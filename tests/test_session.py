"""What the command line and the notebook share, with processes that are made up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder import catalog
from autograder.course import Course
from autograder.faults import raises
from autograder.grading import Begun, CheckDone, ScenarioStored
from autograder.scenario import Scenario
from autograder.session import Refused, Session
from tests.cli.conftest import FakePool
from tests.course import copy_course

RIGHT = "# tasks: notify\n# does: mail escape count tidy\n"


class Pools:
    """Every pool that was opened."""

    def __init__(self) -> None:
        self.made: list[FakePool] = []
        self.started = 0

    def open(self, work: Path, jobs: int, on_remark: object) -> FakePool:
        pool = FakePool()
        pool.open = True
        pool.start = self._start  # type: ignore[method-assign]
        self.made.append(pool)
        return pool

    def _start(self) -> None:
        self.started += 1


@pytest.fixture
def pools(monkeypatch: pytest.MonkeyPatch) -> Pools:
    made = Pools()
    monkeypatch.setattr("autograder.session.open_pool", made.open)
    return made


@pytest.fixture
def session(tmp_path: Path, pools: Pools) -> Iterator[Session]:
    root = copy_course(tmp_path)
    with Session(Course(root, tmp_path / "work"), 1) as made:
        yield made


def test_one_check_after_another_through_the_same_processes(
    session: Session, pools: Pools, tmp_path: Path
) -> None:
    exercise = catalog.load(session.course.root).find("1")
    answer = tmp_path / "dag.py"
    answer.write_text(RIGHT)
    events: list[object] = []
    assert not session.warm
    for _ in range(2):
        graded = session.grade(exercise, session.take(exercise, answer), on_event=events.append)
        assert graded.result.score == graded.result.max_score
        assert graded.sources == {"dag.py": RIGHT}
        assert {*graded.evidence} == {*graded.result.scenarios}
    assert len(pools.made) == 1
    assert session.warm
    assert {type(one) for one in events} == {Begun, ScenarioStored, CheckDone}
    session.close()
    assert not pools.made[0].open
    assert not session.warm


def test_nothing_is_started_for_what_cannot_be_run(session: Session, pools: Pools, tmp_path: Path) -> None:
    exercise = catalog.load(session.course.root).find("1")
    with pytest.raises(Refused, match="No grade: There is nothing in"):
        session.take(exercise, None)
    broken = tmp_path / "dag.py"
    broken.write_text("def f(:\n")
    assert session.grade(exercise, session.take(exercise, broken)).result.outcome == "error"
    with pytest.raises(Refused, match=r"No run: A syntax error: .*line 1") as caught:
        session.lone(broken)
    assert caught.value.yours
    assert caught.value.problem is not None
    assert pools.made == []


def test_what_an_interrupt_has_ended_is_started_again(session: Session, pools: Pools, tmp_path: Path) -> None:
    exercise = catalog.load(session.course.root).find("1")
    answer = tmp_path / "dag.py"
    answer.write_text("# tasks: notify\n# does: interrupt_fails\n")
    with pytest.raises(KeyboardInterrupt):
        session.grade(exercise, session.take(exercise, answer))
    before = pools.started
    session.open()
    assert pools.started == before + 1


def test_a_run_of_a_text_is_not_stored(session: Session, pools: Pools) -> None:
    submission = session.text("mine.py", RIGHT)
    played = session.run(
        submission, Scenario("notify", raises(OSError)), connections={"mine": "slack"}, seed=7, wall=5
    )
    (job,) = pools.made[0].jobs
    assert (job.seed, job.limits.wall, job.entry) == (7, 5, "mine.py")
    assert job.connections["mine"] == "slack"
    assert job.connections["smtp_default"] == "smtp"
    assert len(played.evidence.mails) == 1
    assert played.remarks == ()
    assert not Path(job.folder).exists()
    assert not session.course.results.exists()


def test_a_fault_for_a_task_that_is_not_there_is_refused(session: Session) -> None:
    with pytest.raises(Refused, match="has no task `nobody`"):
        session.run(session.text("mine.py", RIGHT), Scenario("nobody", raises(OSError)))


def test_a_run_that_we_failed_says_so(session: Session) -> None:
    submission = session.text("mine.py", "# tasks: notify\n# does: lose_run\n")
    with pytest.raises(Refused, match="The control process died twice"):
        session.run(submission, Scenario("notify", raises(OSError)))


def test_threads_take_turns(session: Session, pools: Pools) -> None:
    threads = [threading.Thread(target=session.open) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pools.made) == 1
