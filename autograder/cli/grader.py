"""One submission after another through the same warm processes: what `check`, watch mode and `try` share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from autograder.cli.ending import Stop, stop_for
from autograder.course import Course

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.catalog import Exercise
    from autograder.control import Done, Job, Pool
    from autograder.evidence import Evidence
    from autograder.grading import Event
    from autograder.result import Result
    from autograder.submission import Submission

__all__ = ["Graded", "Grader"]


@dataclass(frozen=True)
class Graded:
    """A result, and the folder in which it is stored with its evidence."""

    result: Result
    folder: Path

    @cached_property
    def evidence(self) -> dict[str, Evidence]:
        from autograder import results

        return results.load_evidence(self.folder, self.result.scenarios)


class Grader:
    """Opens the processes that run scenarios when they are needed, and closes them when it is left."""

    def __init__(self, course: Course, console: Console, *, jobs: int, store: Path | None = None) -> None:
        self._course = course
        self._store = store or course.results
        self._console = console
        self._jobs = jobs
        self._pool: Pool | None = None

    def __enter__(self) -> Grader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.close()

    def warm(self) -> Pool:
        """Begin to start the processes, unless they are there.

        :raises Stop: when they cannot be had.
        """
        from autograder.cli.runners import open_pool

        if self._pool is None:
            self._course.require_work()
            self._pool = open_pool(self._course.work, self._jobs, self._console)
        return self._pool

    def run(self, jobs: Iterable[Job]) -> Iterator[Done]:
        """Run scenarios: to grading, this is the runner."""
        return self.warm().run(jobs)

    def grade(
        self,
        exercise: Exercise,
        path: Path | None,
        *,
        part: str | None = None,
        seed: int | None = None,
        on_event: Callable[[], None] = lambda: None,
    ) -> Graded:
        """Grade what is there now, showing progress.

        :param on_event: called at every sign of life; what it raises ends the check.
        :raises Stop: when there is nothing that could be graded.
        """
        submission = self._submission(exercise, path, part)
        waiting = "Starting Airflow …" if self._pool is None else "Running your DAG …"
        if submission.problem is None:
            # Before we import what else we need: what it starts takes longest.
            self.warm()
        else:
            self._course.require_work()

        from autograder import grading, results
        from autograder.cli.progress import Progress

        with Progress(self._console, waiting) as progress:

            def tell(event: Event) -> None:
                progress.tell(event)
                on_event()

            result = grading.check(
                exercise,
                submission,
                runner=self,
                store=self._store,
                seed=seed,
                part=part,
                on_event=tell,
            )
        return Graded(result, results.folder_of(self._store, result))

    def _submission(self, exercise: Exercise, path: Path | None, part: str | None) -> Submission:
        from autograder.submission import SubmissionError, find

        try:
            found = find(path, exercise, Path(self._course.shown(self._course.work)))
        except SubmissionError as error:
            raise stop_for(error.problem) from error
        if part is not None:
            from autograder import grading
            from autograder.catalog import CatalogError

            try:
                grading.choose(exercise, part)
            except CatalogError as error:
                raise Stop(str(error)) from error
        return found
