"""Grading and running over processes that stay warm: what the command line and the notebook share.

Nothing here writes anywhere but into the work folder. Progress comes as events, what is worth a remark as remarks, and
what cannot be done as a sentence.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from autograder.course import Course

if TYPE_CHECKING:
    from autograder.catalog import Exercise
    from autograder.control import Done, Job, Pool
    from autograder.evidence import Evidence, Problem
    from autograder.grading import Event
    from autograder.result import Result
    from autograder.scenario import Scenario
    from autograder.submission import Submission

__all__ = ["CONNECTIONS", "Graded", "Played", "Refused", "Session", "cache_of", "default_jobs", "open_pool"]

CONNECTIONS = {
    "smtp_default": "smtp",
    "slack_default": "slack",
    "slack_webhook": "slack",
    "slack_api_default": "slack_api",
    "monitoring": "monitoring",
    "monitoring_default": "monitoring",
}
"""What Airflow's own hooks and operators ask for when a DAG names no connection, and the stand-in that it leads to."""
_WALL = 60.0


class Refused(Exception):
    """Nothing could be graded or run. The text is a sentence that says what happened and what to do next.

    :param problem: the same in pieces, where there are any.
    :param yours: whether it is the learner's file that must be changed, and not the question.
    """

    def __init__(self, sentence: str, *, problem: Problem | None = None, yours: bool = False) -> None:
        super().__init__(sentence)
        self.problem = problem
        self.yours = yours


@dataclass(frozen=True)
class Graded:
    """A result, and the folder in which it is stored with its evidence."""

    result: Result
    folder: Path

    @cached_property
    def evidence(self) -> dict[str, Evidence]:
        from autograder import results

        return results.load_evidence(self.folder, self.result.scenarios)

    @cached_property
    def sources(self) -> dict[str, str]:
        """What was graded, by file name: the text of every file that has some."""
        from autograder import results

        return results.load_sources(self.folder)


@dataclass(frozen=True)
class Played:
    """A run that nobody grades, and what is to be remarked of the faults that were asked for."""

    evidence: Evidence
    remarks: tuple[str, ...] = ()


class Session:
    """One submission after another through the same processes, which start when they are needed.

    Any thread may use it; one check or run goes on at a time.

    :param jobs: how many scenarios run side by side; as many as fit this machine unless given.
    :param store: where results are kept, unless in the work folder.
    :param unattended: whether it grades what others handed in and nobody reads it first. Then nothing is run without a
        sandbox, unless it is called ``unsafe``.
    :param on_remark: called with a sentence when something takes longer than one would think.
    """

    def __init__(
        self,
        course: Course,
        jobs: int | None = None,
        *,
        store: Path | None = None,
        unattended: bool = False,
        unsafe: bool = False,
        on_remark: Callable[[str], None] = lambda remark: None,
    ) -> None:
        self.course = course
        self._locked = unattended and not unsafe
        self._store = store or course.results
        self._jobs = jobs or default_jobs()
        self._on_remark = on_remark
        self._pool: Pool | None = None
        self._warm = False
        self._busy = threading.RLock()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def warm(self) -> bool:
        """Whether the processes have run something already, so that the next thing is quick."""
        return self._warm

    def open(self) -> Pool:
        """Begin to start the processes, unless they are there.

        :raises Refused: when they cannot be had, or would not be locked up as they must be.
        :raises CourseError: when nothing can be written to the work folder.
        """
        with self._busy:
            if self._pool is None:
                layer = _sandbox() if self._locked else None
                self.course.require_work()
                self._pool = open_pool(self.course.work, self._jobs, self._on_remark, layer=layer)
            else:
                # An interrupt has ended them.
                self._pool.start()
            return self._pool

    def close(self) -> None:
        """End the processes; what is asked for next starts them again."""
        pool, self._pool, self._warm = self._pool, None, False
        if pool is not None:
            pool.close()

    def take(self, exercise: Exercise, path: Path | None, *, part: str | None = None) -> Submission:
        """What is to be graded. Where it is worth running, the processes begin to start.

        :param path: a file or folder; None: what is in the work folder for this exercise.
        :raises Refused: when there is nothing that could be graded, or no such part.
        """
        from autograder.submission import SubmissionError, find

        try:
            found = find(path, exercise, Path(self.course.shown(self.course.work)))
        except SubmissionError as error:
            raise _refusal(error.problem, "No grade") from error
        if part is not None:
            from autograder import grading
            from autograder.catalog import CatalogError

            try:
                grading.choose(exercise, part)
            except CatalogError as error:
                raise Refused(str(error), problem=error.problem) from error
        if found.problem is None:
            # Before whoever called us imports what else it needs: what this starts takes longest.
            self.open()
        else:
            self.course.require_work()
        return found

    def grade(
        self,
        exercise: Exercise,
        submission: Submission,
        *,
        part: str | None = None,
        seed: int | None = None,
        on_event: Callable[[Event], None] = lambda event: None,
    ) -> Graded:
        """Grade what was taken, and store the result.

        :param on_event: told of every sign of life; what it raises ends the check.
        """
        from autograder import grading, results

        with self._busy:
            result = grading.check(
                exercise,
                submission,
                runner=_Runner(self._done),
                store=self._store,
                seed=seed,
                part=part,
                on_event=on_event,
            )
        return Graded(result, results.folder_of(self._store, result))

    def lone(self, file: Path, *, beside: Path | None = None) -> Submission:
        """A DAG file that belongs to no exercise, and the modules beside it that it names.

        :param beside: the folder of those modules, where it is not that of the file.
        :raises Refused: when one of them cannot be read, or is not Python.
        """
        from autograder.submission import SubmissionError, find, with_neighbours

        try:
            if file.is_dir():
                raise Refused(f"No run: {file} is a folder; name the DAG file in it.")
        except OSError:
            pass  # said below
        if file.suffix != ".py":
            raise Refused(f"No run: {file} is no Python file; the name of a DAG file ends in .py.")
        try:
            found = find(file, _alone(file.name, self.course), self.course.work)
            found = with_neighbours(found, beside or file.parent)
        except SubmissionError as error:
            raise _refusal(error.problem, "No run") from error
        return _runnable(found)

    def text(self, name: str, source: str) -> Submission:
        """The same of a DAG file's text, under a name of its own.

        :raises Refused: when it is not Python.
        """
        from autograder.submission import made_of

        return _runnable(made_of(name, {name: source.encode()}, _alone(name, self.course)))

    def run(
        self,
        submission: Submission,
        scenario: Scenario,
        *,
        connections: Mapping[str, str] | None = None,
        seed: int | None = None,
        wall: float = _WALL,
        dag_id: str | None = None,
    ) -> Played:
        """Run a DAG once, in a folder that is gone afterwards. Nothing is graded, and nothing stored.

        :param connections: connection ids and their stand-ins, beside Airflow's own and those of the exercises.
        :param wall: real seconds, at most.
        :param dag_id: which DAG of several; the others run when it triggers them. None: there is one.
        :raises Refused: when the faults are for another DAG, or we failed.
        """
        from autograder import evidence, grading
        from autograder.control.job import Job
        from autograder.isolation import refusals
        from autograder.limits import Limits
        from autograder.unreached import remarks, unreachable

        known = CONNECTIONS | self._of_exercises() | dict(connections or {})
        with self._busy, tempfile.TemporaryDirectory(prefix="autograder-run-") as private:
            self.course.require_work()
            submission.write(Path(private, "submission"))
            job = Job(
                name="run",
                scenario=scenario,
                seed=grading.new_seed() if seed is None else seed,
                folder=str(Path(private, "submission")),
                entry=submission.entry,
                dag_id=dag_id,
                among=dag_id is not None,
                connections=known,
                limits=Limits(wall=wall),
                destination=str(Path(private, "evidence")),
            )
            done = next(iter([*self._done([job])]), None)
            if done is None:
                raise Refused(
                    "The run came to no end that was recorded. This is a fault of ours: please report it."
                )
            if done.path is None:
                problem = done.problem
                assert problem is not None
                said = f"{problem.title} {problem.advice}\n{problem.full_traceback}".strip()
                raise Refused(said, problem=problem)
            found = evidence.load(Path(done.path))
        if wrong := unreachable(found):
            raise Refused(wrong)
        return Played(found, (*remarks(found), *refusals(found)))

    def _done(self, jobs: Iterable[Job]) -> Iterator[Done]:
        """Run scenarios; the processes are asked for only here, for there may be nothing to run."""
        from autograder.control import LayerRefused

        try:
            yield from self.open().run(jobs)
        except GeneratorExit:
            raise  # enough is known; they stay
        except LayerRefused as error:
            self._warm = False
            raise Refused(str(error)) from error
        except BaseException:
            self._warm = False
            raise
        self._warm = True

    def _of_exercises(self) -> dict[str, str]:
        """The connections of every exercise, so that a learner's own file finds those that its brief names."""
        from autograder import catalog

        try:
            every = catalog.load(self.course.root).exercises
        except catalog.CatalogError:
            # Somebody is writing an exercise; that is no reason not to run a DAG.
            return {}
        return {name: kind for one in every for name, kind in one.connections.items()}


@dataclass(frozen=True)
class _Runner:
    """What grading calls a runner."""

    run: Callable[[Iterable[Job]], Iterator[Done]]


def cache_of(work: Path) -> Path:
    """Where the migrated template of Airflow's database is kept."""
    return work / ".cache"


def default_jobs() -> int:
    """Two, or one on a machine with one core."""
    return min(2, os.cpu_count() or 1)


def _sandbox() -> str:
    """The layer that is best here, or was asked for. Processes that are started in it by name get that one, or none.

    :raises Refused: when it is no sandbox, or is not to be had.
    """
    from autograder.jail import layers

    try:
        best = layers.choose(os.environ.get("AUTOGRADER_LAYER") or None)
    except layers.LayerMissing as error:
        raise Refused(str(error)) from error
    if best.letter == "D":
        why = "; ".join(f"{part}: {reason}" for part, reason in best.missing.items())
        raise Refused(
            f"No grade: here is no sandbox for what others handed in (layer D, limits only): {why}. `autograder "
            "doctor` says what is missing. Grade on Linux, or in the container of docker-compose.yml; or, if you "
            "trust every submission as your own, add --unsafe."
        )
    return best.letter


def open_pool(work: Path, jobs: int, on_remark: Callable[[str], None], *, layer: str | None = None) -> Pool:
    """Begin to start the processes that run scenarios; the caller closes the pool.

    :param layer: of the jail, by its letter; the best of this machine unless given.
    :raises Refused: when Airflow is not the tested one, or cannot make its database.
    """
    from importlib.metadata import PackageNotFoundError

    from autograder import airflow33
    from autograder.airflow33 import database
    from autograder.control import Pool

    try:
        airflow33.require_tested()
        if not database.template_path(cache_of(work)).exists():
            on_remark("Making Airflow's database, once: this takes some seconds.")
        pool = Pool(jobs, cache=cache_of(work), layer=layer)
        try:
            pool.start()
        except BaseException:
            pool.close()
            raise
    except PackageNotFoundError:
        raise Refused("Airflow is not installed: run `make setup` in the course's folder.") from None
    except (airflow33.UntestedAirflow, RuntimeError) as error:
        raise Refused(str(error)) from error
    return pool


def _alone(name: str, course: Course) -> Exercise:
    """An exercise that hands in nothing but this file."""
    from autograder.catalog import Exercise
    from autograder.limits import Limits

    return Exercise(
        number=0,
        slug="run",
        folder=course.root,
        title="",
        lesson="",
        minutes=0,
        dag_id=None,
        files=(name,),
        connections={},
        plugins=None,
        limits=Limits(),
        parts=(),
    )


def _runnable(found: Submission) -> Submission:
    if found.problem is not None:
        raise _refusal(found.problem, "No run", yours=True)
    return found


def _refusal(problem: Problem, what: str, *, yours: bool = False) -> Refused:
    """What to say of a submission that could not even be read."""
    from autograder.report.text import visible

    place = f"{problem.file}:{problem.line}" if problem.file and problem.line else problem.file or ""
    named = "" if not place or (problem.file or "") in problem.title else f"({place})"
    said = " ".join(part for part in (f"{what}: {problem.title}", named) if part)
    rest = f"\n{problem.detail}\n{problem.advice}" if problem.detail else f" {problem.advice}"
    return Refused(visible(f"{said}{rest}".rstrip()), problem=problem, yours=yours)
