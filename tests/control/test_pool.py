"""Control processes from outside: side by side, mended when they die, and gone when the pool is closed."""

from __future__ import annotations

import os
import signal
import socket
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.control import Done, Job, LayerRefused, Pool
from autograder.control.host import READY
from autograder.control.pool import _Worker
from autograder.control.scratch import remove
from autograder.evidence import load
from autograder.faults import raises
from autograder.jail import selftest
from autograder.scenario import Scenario
from tests.control.conftest import SEED
from tests.control.dags import ONE_TASK

GIVE = _Worker.give


@pytest.fixture
def submission(tmp_path: Path) -> Path:
    folder = tmp_path / "submission"
    folder.mkdir()
    (folder / "dag.py").write_text(textwrap.dedent(ONE_TASK))
    return folder


@pytest.fixture
def pool(cache: Path) -> Iterator[Pool]:
    with Pool(2, cache=cache) as pool:
        yield pool


def job(name: str, submission: Path) -> Job:
    return Job(
        name=name,
        scenario=Scenario("work", raises(OSError)),
        seed=SEED,
        folder=str(submission),
        destination=str(submission.parent / "evidence"),
    )


def processes(marker: str) -> list[int]:
    """Every process that has this text in its command line or its environment."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                text = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                if marker.encode() in text:
                    found.append(int(entry.name))
        except OSError:
            continue
    return found


def scratch(pool: Pool) -> Path:
    host = pool._host
    assert host is not None
    return host.scratch


def test_scenarios_run_side_by_side_and_nothing_is_left(pool: Pool, submission: Path) -> None:
    names = [f"s{number}" for number in range(4)]
    done = list(pool.run(job(name, submission) for name in names))
    assert sorted(d.name for d in done) == names
    folder = scratch(pool)
    inside = {path.name for path in folder.iterdir()}
    assert {"control-0", "control-1"} <= inside
    for each in done:
        assert each.path is not None
        evidence = load(Path(each.path))
        assert (evidence.name, evidence.state) == (each.name, "failed")
        assert Path(each.path).with_suffix(".callbacks.jsonl").read_text().count("\n") == len(evidence.calls)
    pool.close()
    assert not folder.exists()
    assert processes(str(folder)) == []


def test_the_same_scenario_of_several_submissions_is_told_apart(pool: Pool, tmp_path: Path) -> None:
    jobs = []
    for retries in range(3):
        folder = tmp_path / str(retries) / "submission"
        folder.mkdir(parents=True)
        (folder / "dag.py").write_text(textwrap.dedent(ONE_TASK).replace("retries=1", f"retries={retries}"))
        jobs.append(job("one", folder))
    found = {done.destination: load(Path(str(done.path))) for done in pool.run(jobs)}
    assert [found[each.destination].tasks[0].tries for each in jobs] == [1, 2, 3]


def test_a_scenario_is_asked_for_when_its_turn_comes(pool: Pool, submission: Path) -> None:
    asked = []

    def jobs() -> Iterator[Job]:
        for name in ("one", "two", "three", "four", "five"):
            asked.append(name)
            yield job(name, submission)

    stream = pool.run(jobs())
    next(stream)
    assert asked == ["one", "two", "three"]
    assert len(list(stream)) == 4


def test_a_process_has_its_next_scenario_before_anybody_hears_of_its_last(
    pool: Pool, submission: Path
) -> None:
    stream = pool.run(job(name, submission) for name in ("one", "two", "three"))
    assert next(stream).name in {"one", "two"}
    assert pool._host is not None
    assert "three" in {worker.job.name for worker in pool._host.workers if worker.job is not None}


def test_a_control_process_that_is_ready_and_done_before_anybody_listens_is_heard() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        worker = _Worker(ours)
        done = Done(name="one", path="somewhere")
        theirs.sendall(READY + b"\n" + done.model_dump_json().encode() + b"\n")
        assert worker.hear() == done
        assert worker.ready


def test_a_warm_pool_does_not_start_again(pool: Pool, submission: Path) -> None:
    list(pool.run([job("first", submission)]))
    host = pool._host
    list(pool.run([job("second", submission)]))
    assert pool._host is host


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_control_process_that_dies_or_hangs_is_replaced_once(
    pool: Pool, submission: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    list(pool.run([job("warm", submission)]))
    before = scratch(pool)
    host = pool._host
    assert host is not None
    children = Path(f"/proc/{host.process.pid}/task/{host.process.pid}/children").read_text().split()
    for pid in children:
        os.kill(int(pid), number)
    if number == signal.SIGSTOP:
        # The first time it is given out it is late at once, the second time it has the time it needs.
        margins = iter([-59.0])
        monkeypatch.setattr(_Worker, "give", lambda self, *given: _give(self, *given, next(margins, 60.0)))
    (done,) = pool.run([job("again", submission)])
    assert done.path is not None
    assert load(Path(done.path)).state == "failed"
    assert scratch(pool) != before


def _give(worker: _Worker, job: Job, tries: int, margin: float) -> None:
    GIVE(worker, job, tries)
    worker.until = time.monotonic() + job.limits.wall + margin


def test_a_host_that_cannot_start_is_our_fault_for_every_scenario(submission: Path, cache: Path) -> None:
    began = time.monotonic()
    with Pool(2, cache=cache, program=["-m", "autograder.control.nothing"]) as pool:
        done = list(pool.run(job(name, submission) for name in ("one", "two", "three")))
    assert sorted(d.name for d in done) == ["one", "three", "two"]
    assert time.monotonic() - began < 30
    for each in done:
        assert each.path is None
        assert each.problem is not None
        assert "a fault of the grader, not of your answer" in each.problem.title
        assert "No module named" in each.problem.full_traceback


def test_a_pool_that_is_closed_while_it_starts_keeps_nobody_waiting(pool: Pool) -> None:
    pool.start()
    folder = scratch(pool)
    began = time.monotonic()
    pool.close()
    assert time.monotonic() - began < 0.5
    assert not folder.exists()
    assert processes(str(folder)) == []


def test_an_interrupt_while_it_closes_has_to_wait(
    pool: Pool, submission: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    list(pool.run([job("warm", submission)]))
    folder = scratch(pool)

    def interrupted(folder: Path) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        remove(folder)

    monkeypatch.setattr("autograder.control.scratch.remove", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pool.close()
    assert not folder.exists()
    assert processes(str(folder)) == []


def test_a_pool_that_is_dropped_in_the_middle_leaves_nothing(pool: Pool, submission: Path) -> None:
    results = pool.run([job("one", submission), job("two", submission), job("three", submission)])
    next(results)
    folder = scratch(pool)
    pool.close()
    assert not folder.exists()
    assert processes(str(folder)) == []


def test_a_warm_parent_in_doubt_is_replaced_and_no_scenario_is_lost(cache: Path, submission: Path) -> None:
    program = [str(Path(__file__).with_name("doubted_program.py"))]
    parents = set()
    with Pool(1, cache=cache, program=program) as pool:
        for done in pool.run([job("first", submission), job("second", submission)]):
            assert done.path is not None
            assert load(Path(done.path)).state == "failed"
            parents.add(pool.pids[1])
    assert len(parents) == 2


def test_where_the_jail_does_not_hold_nothing_of_the_submission_is_read(
    cache: Path, submission: Path
) -> None:
    entry = submission / "dag.py"
    entry.write_text("print('read')\n" + entry.read_text())
    program = [str(Path(__file__).with_name("open_program.py"))]
    with Pool(1, cache=cache, program=program) as pool:
        (done,) = pool.run([job("first", submission)])
    assert done.path is not None
    found = load(Path(done.path))
    assert found.isolation is not None
    assert not found.isolation.self_test[selftest.FILES]
    if found.isolation.layer == "D":
        assert found.outcome == "ran", "there nothing is claimed"
        return
    assert found.outcome == "unsupported", "which is the grader's fault, and costs nothing"
    assert found.problem is not None
    assert found.problem.title.endswith(f"so nothing was run in it. Untrue here: {selftest.FILES}.")
    assert "doctor" in found.problem.advice
    assert [life.frames for life in found.executions] == [[]], "it asked for nothing"
    assert not found.logs
    assert found.declared is None


def test_a_layer_that_cannot_be_had_is_refused_in_a_sentence(cache: Path, submission: Path) -> None:
    with (
        Pool(1, cache=cache, layer="E") as pool,
        pytest.raises(LayerRefused, match=r"There is no layer 'E' of the jail; there are A, B, C and D\."),
    ):
        list(pool.run([job("first", submission)]))
