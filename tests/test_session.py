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
from autograder.jail.layers import Layer, LayerMissing
from autograder.scenario import Scenario
from autograder.session import Refused, Session
from tests.cli.conftest import FakePool
from tests.course import copy_course

RIGHT = "# tasks: notify\n# does: mail escape count tidy\n"


class Pools:
    """Every pool that was opened."""

    def __init__(self) -> None:
        self.made: list[FakePool] = []
        self.layers: list[str | None] = []
        self.started = 0

    def open(self, work: Path, jobs: int, on_remark: object, *, layer: str | None = None) -> FakePool:
        pool = FakePool()
        self.layers.append(layer)
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


class Choice:
    """What the machine is said to allow."""

    def __init__(self, letter: str) -> None:
        self.letter = letter

    def __call__(self, forced: str | None = None) -> Layer:
        if forced is not None and forced < self.letter:
            raise LayerMissing(f"Layer {forced} of the jail cannot be had here: not this time.")
        missing = {"Landlock": "this kernel has none"} if self.letter == "D" else {}
        return Layer(forced or self.letter, ("limits",), missing)


def unattended(session: Session, *, unsafe: bool = False) -> Session:
    return Session(session.course, 1, unattended=True, unsafe=unsafe)


@pytest.mark.parametrize("letter", ["A", "B", "C"])
def test_unattended_the_processes_get_the_layer_that_was_found_or_none(
    session: Session, pools: Pools, monkeypatch: pytest.MonkeyPatch, letter: str
) -> None:
    monkeypatch.setattr("autograder.jail.layers.choose", Choice(letter))
    with unattended(session) as alone:
        alone.open()
    assert pools.layers == [letter]


def test_unattended_nothing_is_run_without_a_sandbox(
    session: Session, pools: Pools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.jail.layers.choose", Choice("D"))
    exercise = catalog.load(session.course.root).find("1")
    answer = tmp_path / "dag.py"
    answer.write_text(RIGHT)
    with unattended(session) as alone:
        with pytest.raises(Refused) as caught:
            alone.take(exercise, answer)
        with pytest.raises(Refused):
            alone.run(alone.text("mine.py", RIGHT), Scenario("notify", raises(OSError)))
    said = str(caught.value)
    assert "no sandbox" in said
    assert "(layer D, limits only): Landlock: this kernel has none" in said
    assert "--unsafe" in said
    assert not caught.value.yours
    assert pools.made == []


def test_unattended_and_called_unsafe_it_is_run(
    session: Session, pools: Pools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.jail.layers.choose", Choice("D"))
    with unattended(session, unsafe=True) as alone:
        alone.run(alone.text("mine.py", RIGHT), Scenario("notify", raises(OSError)))
    assert pools.layers == [None]


def test_unattended_it_is_refused_as_well_where_layer_d_was_asked_for(
    session: Session, pools: Pools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.jail.layers.choose", Choice("A"))
    monkeypatch.setenv("AUTOGRADER_LAYER", "D")
    with unattended(session) as alone, pytest.raises(Refused, match="no sandbox"):
        alone.open()
    monkeypatch.setenv("AUTOGRADER_LAYER", "C")
    with unattended(session) as alone:
        alone.open()
    assert pools.layers == ["C"]


def test_unattended_a_layer_that_cannot_be_had_is_a_sentence(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.jail.layers.choose", Choice("C"))
    monkeypatch.setenv("AUTOGRADER_LAYER", "A")
    with unattended(session) as alone, pytest.raises(Refused, match="Layer A of the jail cannot be had here"):
        alone.open()


def test_ones_own_code_is_run_without_a_sandbox(
    session: Session, pools: Pools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.jail.layers.choose", Choice("D"))
    session.open()
    assert pools.layers == [None]
