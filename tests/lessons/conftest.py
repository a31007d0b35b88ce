"""What the tests of lessons share: DAGs that are played, and runs that are recorded, each once in a session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder import evidence as evidences
from autograder import lessons, session
from autograder.checks import RunView, Scenario
from autograder.control import Job, Pool
from autograder.lessons import Lesson, Shown
from autograder.limits import Limits
from tools import record
from tools.record import Recording

LESSONS = lessons.load(record.ROOT)


class Stage:
    """What was played on the one warm pool, each once."""

    def __init__(self, pool: Pool, folder: Path) -> None:
        self._pool, self._folder = pool, folder
        self._played: dict[tuple[Path, str, float], RunView] = {}

    def play(self, file: Path, scenario: Scenario, wall: float) -> RunView:
        key = (file, scenario.digest(), wall)
        if key not in self._played:
            self._played[key] = RunView(self._run(file, scenario, wall))
        return self._played[key]

    def _run(self, file: Path, scenario: Scenario, wall: float) -> evidences.Evidence:
        job = Job(
            name=file.stem,
            scenario=scenario,
            seed=int(record.SEED),
            folder=str(file.parent),
            entry=file.name,
            connections=session.CONNECTIONS,
            limits=Limits(wall=wall),
            destination=str(self._folder / str(len(self._played))),
        )
        [done] = self._pool.run([job])
        assert done.path is not None, done.problem
        return evidences.load(Path(done.path))


class Recorder:
    """Records each shown command once."""

    def __init__(self, work: Path, pool: Pool) -> None:
        self._work, self._pool = work, pool
        self._done: dict[tuple[str, str], Recording] = {}

    def __call__(self, lesson: Lesson, shown: Shown) -> Recording:
        key = (lesson.slug, shown.name)
        if key not in self._done:
            self._done[key] = record.record(lesson, shown, self._work, self._pool)
        return self._done[key]


@pytest.fixture(scope="session")
def work(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A learner's work folder, where the migrated database is at hand."""
    work = tmp_path_factory.mktemp("work")
    (work / ".cache").symlink_to(cache)
    return work


@pytest.fixture(scope="session")
def warm(work: Path) -> Iterator[Pool]:
    """One pool for all that is played and recorded."""
    with session.open_pool(work, 1, lambda remark: None) as pool:
        yield pool


@pytest.fixture(scope="session")
def stage(warm: Pool, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(warm, tmp_path_factory.mktemp("played"))


@pytest.fixture(scope="session")
def recorder(warm: Pool, work: Path) -> Recorder:
    """Records a shown command, or gives what was recorded before in this session."""
    return Recorder(work, warm)


@pytest.fixture(scope="module")
def lesson(request: pytest.FixtureRequest) -> Lesson:
    """The lesson that a module named like ``test_02_failure_callbacks.py`` is about."""
    slug = request.module.__name__.rpartition(".")[2].removeprefix("test_").replace("_", "-")
    [lesson] = [one for one in LESSONS if one.slug == slug]
    return lesson


@pytest.fixture
def play(stage: Stage, lesson: Lesson) -> Callable[..., RunView]:
    """Play a file of the lesson's ``code/`` and see what an exercise's checks see: ``expect(…)`` works on it.

    ``play("first.py", {"load": raises(OSError, "disk full")}, retries=1)``: what follows the file is a scenario's,
    as in ``checks.py``; tasks without a fault run their own work. A path may also lie elsewhere; ``wall`` is in real
    seconds. ``.evidence`` of the answer is all that was recorded.
    """

    def play(
        file: str | Path, tasks: Any = None, fault: Any = None, *, wall: float = 60.0, **settings: Any
    ) -> RunView:
        scenario = Scenario(tasks or {}, fault, **{"others": "run", **settings})
        return stage.play(lesson.code / file, scenario, wall)

    return play


@pytest.fixture
def recorded(recorder: Recorder, lesson: Lesson) -> Callable[[str], RunView]:
    """What happened in a run of the lesson's ``runs.toml``, the one that its page shows: ``recorded("disk-full")``."""

    def view(name: str) -> RunView:
        [shown] = [one for one in lesson.runs if one.name == name]
        return RunView(recorder(lesson, shown).evidence)

    return view
